import { EVENT_TYPES } from '../../wire/schema.ts';
import type { EventItem, ShopEvent } from '../../wire/schema.ts';
import type { Store } from '../store.ts';
import { Fields } from './fields.ts';
import { readJsonLines } from './lines.ts';
import { Tally } from './summary.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

const BATCH_EVENTS = 2000;

/**
 * Reads events as the wire carries them (`server/wire/README.md`), one a line, in any order;
 * `at_ms` and `id` must be there. An event that the store has is counted as a duplicate.
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

function readEvent(fields: Fields): ShopEvent {
  const event: ShopEvent = {
    id: fields.id('id'),
    type: fields.oneOf('type', EVENT_TYPES),
    atMs: readTime(fields),
    session: fields.id('session'),
    items: fields.has('items') ? readItems(fields) : [],
    ...(fields.has('customer') && { customer: fields.id('customer') }),
    ...(fields.has('query') && { query: fields.text('query') }),
    ...(fields.has('attribution') && { attribution: fields.id('attribution') }),
    ...(fields.has('time_zone') && { timeZone: fields.text('time_zone') }),
    ...(fields.has('consent') && { consent: fields.bool('consent') }),
  };
  fields.assertAllKnown();
  if (ABOUT_ITEMS.has(event.type) && event.items.length === 0) {
    fields.fail('items', `at least one item: the event is a ${event.type}`);
  }
  return event;
}

const ABOUT_ITEMS: ReadonlySet<string> = new Set([
  'item_click', 'item_view', 'wishlist_add', 'cart_add', 'cart_remove', 'purchase', 'refund',
]);
const YEAR_3000_MS = 32_503_680_000_000;

function readTime(fields: Fields): number {
  const atMs = fields.integer('at_ms');
  if (atMs >= 0 && atMs < YEAR_3000_MS) return atMs;
  return fields.fail('at_ms', 'milliseconds since 1970');
}

function readItems(fields: Fields): EventItem[] {
  return fields.list('items').map((value) => {
    // An item may be its id alone.
    const flat = typeof value === 'object' && value !== null ? value : { item: value };
    const item = new Fields(fields.line, flat as Record<string, unknown>);
    const id = item.id('item');
    const quantity = item.has('quantity') ? item.integer('quantity') : 1;
    if (quantity < 1) item.fail('quantity', 'an integer of at least 1');
    const price = item.has('price') ? item.atLeast('price', 0) : undefined;
    item.assertAllKnown();
    return price === undefined ? { item: id, quantity } : { item: id, quantity, price };
  });
}
