import { Fields, type Where } from '../wire/fields.ts';
import type { EventItem, EventType, ShopEvent } from '../wire/schema.ts';
import {
  amount, anyId, ATTRIBUTION_BYTES_MAX, currency, each, fill, hash, inside, item, ITEMS_MAX, quantity,
  QUERY_BYTES_MAX, shortText, time,
} from './read.ts';

const TYPES: Readonly<Record<string, EventType | null>> = {
  'home-page-view': 'home_view', 'category-page-view': 'list_view', search: 'search',
  'detail-page-view': 'item_view', 'add-to-cart': 'cart_add', 'remove-from-cart': 'cart_remove',
  'shopping-cart-page-view': 'cart_view', 'purchase-complete': 'purchase', 'wishlist-add': 'wishlist_add',
  completion: null, 'promotion-offered': null, 'promotion-not-offered': null, other: null,
};
const ABOUT_ITEMS: ReadonlySet<EventType> =
  new Set<EventType>(['item_view', 'item_click', 'cart_add', 'cart_remove', 'purchase', 'wishlist_add']);
const EVENTS_MAX = 500;

/**
 * Google Cloud Retail (Vertex AI Search for commerce): a UserEvent as JSON, or the body of its import
 * (`{inputConfig: {userEventInlineSource: {userEvents}}}`).
 */
export function fromGoogleRetail(value: unknown, where: Where, nowMs: number): ShopEvent[] {
  const fields = Fields.of(value, 'a UserEvent', where);
  const inline = inside(inside(fields, 'inputConfig'), 'userEventInlineSource') ??
    inside(fields, 'userEventInlineSource');
  if (inline === undefined) return fromEvent(fields, nowMs);
  return inline.list('userEvents', 1, EVENTS_MAX, (one, at) =>
    fromEvent(Fields.of(one, 'a UserEvent', at), nowMs)).flat();
}

function fromEvent(event: Fields, nowMs: number): ShopEvent[] {
  const type = TYPES[event.oneOf('eventType', Object.keys(TYPES))] ?? null;
  const visitor = event.id('visitorId');
  if (type === null) return [];
  const atMs = time(event, 'eventTime', 'ms', nowMs);
  const who = inside(event, 'userInfo');
  const bought = inside(event, 'purchaseTransaction');
  const products = each(event, 'productDetails', ITEMS_MAX, readProduct);
  if (products.length === 0 && ABOUT_ITEMS.has(type)) {
    event.fail('productDetails', `at least one of a ${String(event.raw('eventType'))}`);
  }
  const query = shortText(event, 'searchQuery', QUERY_BYTES_MAX);
  if (type === 'search' && query === undefined && !event.has('pageCategories')) {
    event.fail('searchQuery', 'a searchQuery or pageCategories of a search');
  }
  const order = anyId(bought, 'id');
  const id = type === 'purchase' && order !== undefined ? `google-retail-purchase-${order}`
    : `google-retail-${hash([event.entries(), event.has('eventTime') ? 0 : nowMs])}`;
  const attribution = shortText(event, 'attributionToken', ATTRIBUTION_BYTES_MAX);
  return [fill({
    id: Buffer.byteLength(id) <= 128 ? id : hash([id]),
    type: type === 'item_view' && event.has('attributionToken') ? 'item_click' : type,
    atMs, session: anyId(event, 'sessionId') ?? visitor, items: products.map((one) => one.item),
  }, {
    visitor, customer: anyId(who, 'userId'), attribution, query,
    currency: currency(bought, 'currencyCode') ?? products.find((one) => one.currency)?.currency,
    userAgent: shortText(who, 'userAgent', 2048),
  })];
}

function readProduct(detail: Fields): { item: EventItem; currency: string | undefined } {
  const product = inside(detail, 'product') ?? detail.fail('product', 'a product');
  const name = product.raw('name'); // projects/…/products/ID
  const id = anyId(product, 'id') ?? (typeof name === 'string' && name !== ''
    ? name.slice(name.lastIndexOf('/') + 1) : product.fail('id', 'an id of the product'));
  const price = inside(product, 'priceInfo');
  return {
    item: item(id, quantity(detail, 'quantity'), amount(price, 'price')), currency: currency(price, 'currencyCode'),
  };
}
