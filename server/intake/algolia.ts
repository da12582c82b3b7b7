import { asId, Fields, type Where } from '../wire/fields.ts';
import type { EventItem, EventType, ShopEvent } from '../wire/schema.ts';
import {
  amount, anyId, ATTRIBUTION_BYTES_MAX, currency, each, fill, hash, item, ITEMS_MAX, quantity, shortText, time,
} from './read.ts';

const KINDS = ['click', 'conversion', 'view'] as const;
const EVENTS_MAX = 500;

/**
 * Algolia Insights: `{events: […]}`, or one of them. A view of one object is an item's, of several a
 * list's. A conversion that is neither a cart's nor a purchase is left out, unless its name speaks of a
 * wish list; so are events of filters.
 */
export function fromAlgolia(value: unknown, where: Where, nowMs: number): ShopEvent[] {
  const fields = Fields.of(value, 'an Insights message', where);
  if (!fields.has('events')) return fromEvent(fields, nowMs);
  return fields.list('events', 1, EVENTS_MAX, (one, at) =>
    fromEvent(Fields.of(one, 'an event', at), nowMs)).flat();
}

function fromEvent(event: Fields, nowMs: number): ShopEvent[] {
  const kind = event.oneOf('eventType', KINDS);
  const visitor = anyId(event, 'userToken') ?? event.fail('userToken', 'a token of the user');
  if (!event.has('objectIDs')) return [];
  const ids = event.list('objectIDs', 1, ITEMS_MAX, asId);
  const type = typeOf(kind, event, ids.length);
  if (type === null) return [];
  const atMs = time(event, 'timestamp', 'ms', nowMs);
  const data = each(event, 'objectData', ITEMS_MAX, (one) => one);
  const items = ids.map((id, i): EventItem => {
    const one = data[i];
    return item(id, quantity(one, 'quantity'), amount(one, 'price'), amount(one, 'discount'));
  });
  const queryId = shortText(event, 'queryID', ATTRIBUTION_BYTES_MAX) ??
    data.map((one) => shortText(one, 'queryID', ATTRIBUTION_BYTES_MAX)).find((one) => one !== undefined);
  const id = `algolia-${hash([event.entries(), event.has('timestamp') ? 0 : nowMs])}`;
  return [fill({ id, type, atMs, session: visitor, items }, {
    visitor, customer: anyId(event, 'authenticatedUserToken'), attribution: queryId,
    currency: currency(event, 'currency'),
  })];
}

function typeOf(kind: (typeof KINDS)[number], event: Fields, objects: number): EventType | null {
  if (kind === 'click') return 'item_click';
  if (kind === 'view') return objects === 1 ? 'item_view' : 'list_view';
  const subtype = event.raw('eventSubtype');
  if (subtype === 'addToCart') return 'cart_add';
  if (subtype === 'purchase') return 'purchase';
  return /wish|favou?rite/i.test(String(event.raw('eventName'))) ? 'wishlist_add' : null;
}
