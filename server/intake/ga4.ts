import { Fields, type Where } from '../wire/fields.ts';
import type { EventItem, EventType, ShopEvent } from '../wire/schema.ts';
import {
  amount, anyId, country, currency, device, each, fill, hash, inside, item, ITEMS_MAX, quantity, QUERY_BYTES_MAX,
  shortText, time,
} from './read.ts';

const TYPES: Readonly<Record<string, EventType>> = {
  page_view: 'home_view', screen_view: 'home_view', view_item_list: 'list_view', search: 'search',
  view_search_results: 'search', select_item: 'item_click', view_item: 'item_view',
  add_to_wishlist: 'wishlist_add', add_to_cart: 'cart_add', remove_from_cart: 'cart_remove',
  view_cart: 'cart_view', begin_checkout: 'checkout_start', purchase: 'purchase', refund: 'refund',
};
const WITHOUT_ITEMS: ReadonlySet<EventType> = new Set<EventType>(['home_view', 'search', 'cart_view', 'list_view']);
const EVENTS_MAX = 500;

/**
 * Google Analytics 4: a message of its Measurement Protocol (`{client_id, events: [{name, params}]}`), or
 * a row of its export to BigQuery (`{event_name, event_params, items}`).
 */
export function fromGa4(value: unknown, where: Where, nowMs: number): ShopEvent[] {
  const fields = Fields.of(value, 'a GA4 message', where);
  return fields.has('event_name') ? fromRow(fields, nowMs) : fromMessage(fields, nowMs);
}

function fromMessage(message: Fields, nowMs: number): ShopEvent[] {
  const visitor = anyId(message, 'client_id') ?? anyId(message, 'app_instance_id');
  if (visitor === undefined) message.fail('client_id', 'an id of the client');
  const place = inside(message, 'user_location');
  const refused = inside(message, 'consent')?.raw('ad_personalization') === 'DENIED';
  const events = message.list('events', 1, EVENTS_MAX, (one, at) => Fields.of(one, 'an event', at));
  return events.flatMap((event, i) => {
    const params = inside(event, 'params');
    return made({
      visitor, name: event.text('name', 100),
      atMs: event.has('timestamp_micros') ? time(event, 'timestamp_micros', 'us', nowMs)
        : time(message, 'timestamp_micros', 'us', nowMs),
      customer: anyId(message, 'user_id'),
      sessionNumber: anyId(params, 'ga_session_id') ?? anyId(params, 'session_id'),
      transaction: anyId(params, 'transaction_id'),
      query: shortText(params, 'search_term', QUERY_BYTES_MAX),
      currency: currency(params, 'currency'),
      items: params, attribution: shortText(params, 'attribution', 128),
      device: device(inside(message, 'device')?.raw('category')),
      country: country(place?.raw('country_id')),
      userAgent: shortText(message, 'user_agent', 2048),
      consent: refused ? false : undefined,
      hashed: [params?.entries() ?? [], i],
    });
  });
}

function fromRow(row: Fields, nowMs: number): ShopEvent[] {
  const params: Record<string, unknown> = {};
  for (const { key, value } of each(row, 'event_params', 1000, (one) => ({
    key: one.text('key', 100), value: inside(one, 'value'),
  }))) {
    params[key] = value?.raw('string_value') ?? value?.raw('int_value') ?? value?.raw('double_value') ??
      value?.raw('float_value');
  }
  const flat = Fields.of(params, 'event_params', row.at('event_params'));
  const visitor = anyId(row, 'user_pseudo_id');
  if (visitor === undefined) row.fail('user_pseudo_id', 'an id of the client');
  return made({
    visitor, name: row.text('event_name', 100), atMs: time(row, 'event_timestamp', 'us', nowMs),
    customer: anyId(row, 'user_id'), sessionNumber: anyId(flat, 'ga_session_id'),
    transaction: anyId(inside(row, 'ecommerce'), 'transaction_id') ?? anyId(flat, 'transaction_id'),
    query: shortText(flat, 'search_term', QUERY_BYTES_MAX), currency: currency(flat, 'currency'),
    items: row, attribution: shortText(flat, 'attribution', 128),
    device: device(inside(row, 'device')?.raw('category')), country: undefined, userAgent: undefined,
    consent: inside(row, 'privacy_info')?.raw('analytics_storage') === 'No' ? false : undefined,
    hashed: [row.raw('event_bundle_sequence_id') ?? null, params, row.raw('items') ?? null],
  });
}

interface Found {
  readonly visitor: string;
  readonly name: string;
  readonly atMs: number;
  readonly customer: string | undefined;
  readonly sessionNumber: string | undefined; // counts from the visitor's first one, or is its time
  readonly transaction: string | undefined;
  readonly query: string | undefined;
  readonly currency: string | undefined;
  readonly attribution: string | undefined;
  readonly items: Fields | undefined; // the map that has them
  readonly device: ShopEvent['device'] | undefined;
  readonly country: string | undefined;
  readonly userAgent: string | undefined;
  readonly consent: boolean | undefined;
  readonly hashed: unknown;
}

function made(found: Found): ShopEvent[] {
  const { visitor, name, atMs, sessionNumber, transaction, hashed, items: list, ...more } = found;
  const type = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
  if (type === undefined) return [];
  const items = each(list, 'items', ITEMS_MAX, readItem);
  if (items.length === 0 && type === 'refund') return []; // of a whole order: which items is not said
  if (items.length === 0 && !WITHOUT_ITEMS.has(type) && type !== 'checkout_start') {
    list?.fail('items', `at least one item of a ${name}`);
  }
  const whole = transaction !== undefined && (type === 'purchase');
  const id = whole ? `ga4-${type}-${transaction}` : `ga4-${hash([visitor, name, atMs, hashed])}`;
  const session = sessionNumber === undefined ? visitor : `${visitor}.${sessionNumber}`;
  return [fill({ id: fit(id), type, atMs, session: fit(session), items }, { ...more, visitor })];
}

function readItem(one: Fields): EventItem {
  const id = anyId(one, 'item_id') ?? anyId(one, 'item_name') ?? one.fail('item_id', 'an item_id or item_name');
  return item(id, quantity(one, 'quantity'), amount(one, 'price'), amount(one, 'discount'));
}

function fit(id: string): string {
  return Buffer.byteLength(id) <= 128 ? id : hash([id]);
}
