import { Fields, type Where } from '../wire/fields.ts';
import type { ShopEvent } from '../wire/schema.ts';
import {
  amount, anyId, ATTRIBUTION_BYTES_MAX, currency, each, fill, item, ITEMS_MAX, quantity, QUERY_BYTES_MAX,
  shortText, time,
} from './read.ts';
import { freeType, needsItem } from './type-names.ts';

const KINDS = ['item', 'user', 'ranking', 'interaction'] as const;
const FIELDS_MAX = 1000;

/**
 * Metarank: a ranking is the list that was shown (a search where it has a query), an interaction what came
 * of it; `ranking` ties the two, and stands in `attribution` of both. What is told of items and users is
 * no event: a catalogue is imported by itself.
 */
export function fromMetarank(value: unknown, where: Where, nowMs: number): ShopEvent[] {
  const event = Fields.of(value, 'a Metarank event', where);
  const kind = event.oneOf('event', KINDS);
  if (kind === 'item' || kind === 'user') return [];
  const id = event.id('id');
  const customer = anyId(event, 'user');
  const session = anyId(event, 'session') ?? customer ?? event.fail('session', 'a session or a user');
  const atMs = time(event, 'timestamp', 'ms', nowMs);
  const named = namedFields(event);
  if (kind === 'ranking') {
    const items = each(event, 'items', ITEMS_MAX, (one) => item(one.id('id'), 1));
    const query = shortText(named, 'query', QUERY_BYTES_MAX);
    const type = query === undefined ? 'list_view' : 'search';
    return [fill({ id, type, atMs, session, items }, { customer, query, attribution: id })];
  }
  const type = freeType(event.text('type', 256));
  if (type === null) return [];
  const itemId = anyId(event, 'item');
  if (itemId === undefined && needsItem(type)) event.fail('item', `an id of the item of a ${type}`);
  const count = named?.has('count') ? quantity(named, 'count') : quantity(named, 'quantity');
  const items = itemId === undefined ? [] : [item(itemId, count, amount(named, 'price'))];
  return [fill({ id, type, atMs, session, items }, {
    customer, attribution: shortText(event, 'ranking', ATTRIBUTION_BYTES_MAX), currency: currency(named, 'currency'),
  })];
}

/** `[{name, value}]` as a map. */
function namedFields(event: Fields): Fields | undefined {
  if (!event.has('fields')) return undefined;
  const entries = each(event, 'fields', FIELDS_MAX, (one) => [one.text('name', 256), one.raw('value')] as const);
  return Fields.of(Object.fromEntries(entries), 'fields', event.at('fields'));
}
