import { createHash } from 'node:crypto';
import type { ShopEvent } from '../../wire/schema.ts';
import type { Store } from '../store.ts';
import { readSessionFile } from './session-file.ts';
import { Tally } from './summary.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

const BATCH_EVENTS = 2000;
const DAY_MS = 86_400_000;
/** Made-up times, since these files have none: the newest item of each customer is of this day. */
const NEWEST_MS = Date.UTC(2000, 0, 1);

/**
 * Reads `customer item item …`, oldest item first: each becomes a purchase of its own session, a day
 * apart, the newest of all customers on one day. `leaveOut` leaves out as many of the newest items of
 * every customer, for scores. Ids are made of customer and place, so a second import of the same file
 * adds nothing.
 */
export async function importSequences(
  store: Store,
  path: string,
  options: ImportOptions,
): Promise<ImportSummary> {
  const tally = new Tally(options);
  const itemsBefore = store.itemCount;
  const events: ShopEvent[] = [];
  for await (const read of readSessionFile(path)) {
    tally.row(() => {
      const [customer = '', ...items] = read();
      const kept = items.slice(0, items.length - (options.leaveOut ?? 0));
      for (const event of purchases(customer, kept)) events.push(event);
    });
  }
  events.sort((a, b) => a.atMs - b.atMs); // as they would have come
  for (let at = 0; at < events.length; at += BATCH_EVENTS) {
    const { accepted, duplicates } = await store.append(events.slice(at, at + BATCH_EVENTS));
    tally.events += accepted.length;
    tally.duplicates += duplicates;
  }
  tally.items = store.itemCount - itemsBefore;
  return tally.summary;
}

/** A customer's purchases, at an hour of their own. Pure. */
export function purchases(customer: string, items: readonly string[]): ShopEvent[] {
  const named = createHash('sha256').update(customer).digest('hex').slice(0, 12);
  const hourMs = parseInt(named, 16) % DAY_MS;
  return items.map((item, i) => ({
    id: `sequence-${named}-${i + 1}`,
    type: 'purchase',
    atMs: NEWEST_MS - (items.length - 1 - i) * DAY_MS + hourMs,
    session: `sequence-${named}-${i + 1}`,
    customer,
    items: [{ item, quantity: 1 }],
  }));
}
