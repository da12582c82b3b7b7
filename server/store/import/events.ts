import { decodeEvent } from '../../wire/decode-event.ts';
import { Fields } from '../../wire/fields.ts';
import { WIRE_NAMES } from '../../wire/names.ts';
import type { EventItem, ShopEvent } from '../../wire/schema.ts';
import type { Store } from '../store.ts';
import { readJsonLines } from './lines.ts';
import type { JsonLine } from './lines.ts';
import { Tally } from './summary.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

const BATCH_EVENTS = 2000;

/**
 * Reads events as the wire carries them (`server/wire/README.md`), one a line, in any order;
 * `at_ms` must be there, and no field that is not known. An event that the store has is counted as
 * a duplicate.
 */
export async function importEvents(
  store: Store,
  path: string,
  options: ImportOptions,
): Promise<ImportSummary> {
  const tally = new Tally(options);
  const itemsBefore = store.itemCount;
  let batch: ShopEvent[] = [];
  const flush = async (): Promise<void> => {
    const { accepted, duplicates } = await store.append(batch);
    tally.events += accepted.length;
    tally.duplicates += duplicates;
    batch = [];
  };

  for await (const row of readJsonLines(path)) {
    tally.row(() => batch.push(readEvent(row())));
    if (batch.length >= BATCH_EVENTS) await flush();
  }
  await flush();
  tally.items = store.itemCount - itemsBefore;
  return tally.summary;
}

/** The wire's own decoder; what a file must have beyond that is a time, and no typing errors. */
function readEvent({ line, value }: JsonLine): ShopEvent {
  const where = { parent: null, key: `line ${line}` };
  const fields = Fields.of(value, 'an event', where);
  if (!fields.has(WIRE_NAMES.atMs)) fields.fail(WIRE_NAMES.atMs, 'milliseconds since 1970');
  const event = decodeEvent(value, where, 0);
  if (event.atMs >= YEAR_3000_MS) fields.fail(WIRE_NAMES.atMs, 'milliseconds since 1970');
  assertKnown(value, EVENT_FIELDS, fields);
  if (fields.has('items')) {
    fields.list('items', 0, Infinity, (item, at) => {
      if (typeof item === 'object') assertKnown(item, ITEM_FIELDS, Fields.of(item, 'an item', at));
    });
  }
  return event;
}

const YEAR_3000_MS = 32_503_680_000_000; // later than that it is microseconds

const { atMs, timeZone } = WIRE_NAMES;
const EVENT_FIELDS = {
  id: 'id', type: 'type', atMs, session: 'session', items: 'items', customer: 'customer',
  query: 'query', attribution: 'attribution', timeZone, consent: 'consent',
  country: 'country', device: 'device',
} as const satisfies Record<keyof ShopEvent, string>;
const ITEM_FIELDS = {
  item: 'item', quantity: 'quantity', price: 'price', discount: 'discount',
} as const satisfies Record<keyof EventItem, string>;

/** A typing error in a field that may be absent would be lost otherwise. */
function assertKnown(map: unknown, names: Readonly<Record<string, string>>, fields: Fields): void {
  const known = Object.values(names);
  const unknown = Object.keys(map as object).find((name) => !known.includes(name));
  if (unknown !== undefined) fields.fail(unknown, 'no such field');
}
