import { Fields, type Where } from '../wire/fields.ts';
import type { EventItem, EventType, ShopEvent } from '../wire/schema.ts';
import {
  amount, anyId, currency, each, fill, inside, item, ITEMS_MAX, quantity, QUERY_BYTES_MAX, shortText, time,
} from './read.ts';

const TYPES: Readonly<Record<string, EventType>> = {
  page_viewed: 'home_view', collection_viewed: 'list_view', search_submitted: 'search',
  product_viewed: 'item_view', product_added_to_cart: 'cart_add', product_removed_from_cart: 'cart_remove',
  cart_viewed: 'cart_view', checkout_started: 'checkout_start', checkout_completed: 'purchase',
};

/**
 * A standard event of Shopify's Web Pixels API, as its callback gets it. An item is the product, not the
 * variant. It names no customer before the checkout is completed: who knows one puts
 * `customer: {id}` beside it, as `init.data.customer` has it.
 */
export function fromShopify(value: unknown, where: Where, nowMs: number): ShopEvent[] {
  const event = Fields.of(value, 'a pixel event', where);
  const name = event.text('name', 100);
  const type = Object.hasOwn(TYPES, name) ? (TYPES[name] as EventType) : undefined;
  if (type === undefined) return [];
  const visitor = event.id('clientId');
  const data = inside(event, 'data');
  const checkout = inside(data, 'checkout');
  const order = inside(checkout, 'order');
  const sold = soldIn(name, data, event);
  const orderId = lastPart(order, 'id');
  const id = type === 'purchase' && orderId !== undefined ? `shopify-order-${orderId}` : event.id('id');
  return [fill({
    id, type, atMs: time(event, 'timestamp', 'ms', nowMs), session: visitor, items: sold.map((one) => one.item),
  }, {
    visitor,
    customer: lastPart(inside(order, 'customer'), 'id') ?? lastPart(inside(event, 'customer'), 'id'),
    currency: currency(checkout, 'currencyCode') ?? sold.find((one) => one.currency)?.currency,
    query: shortText(inside(data, 'searchResult'), 'query', QUERY_BYTES_MAX),
    userAgent: shortText(inside(inside(event, 'context'), 'navigator'), 'userAgent', 2048),
  })];
}

interface Sold {
  readonly item: EventItem;
  readonly currency: string | undefined;
}

/** What an event names, each kind in its own place. */
function soldIn(name: string, data: Fields | undefined, event: Fields): Sold[] {
  const need = (fields: Fields | undefined, key: string): Fields => fields ?? (data ?? event).fail(key, 'a map');
  switch (name) {
    case 'product_viewed': return [variant(need(inside(data, 'productVariant'), 'productVariant'))];
    case 'product_added_to_cart':
    case 'product_removed_from_cart': return [cartLine(need(inside(data, 'cartLine'), 'cartLine'))];
    case 'collection_viewed':
      return each(inside(data, 'collection'), 'productVariants', ITEMS_MAX, (one) => variant(one));
    case 'search_submitted': return [];
    case 'cart_viewed': return each(inside(data, 'cart'), 'lines', ITEMS_MAX, cartLine);
    case 'checkout_started': return each(inside(data, 'checkout'), 'lineItems', ITEMS_MAX, lineItem);
    case 'checkout_completed': {
      const checkout = need(inside(data, 'checkout'), 'checkout');
      const lines = each(checkout, 'lineItems', ITEMS_MAX, lineItem);
      return lines.length > 0 ? lines : checkout.fail('lineItems', 'at least one item of a checkout_completed');
    }
    default: return [];
  }
}

/** `count` of a variant; `paid`: of one, where it is not the variant's own price. */
function variant(fields: Fields, count = 1, paid?: number, discount?: number): Sold {
  const product = inside(fields, 'product') ?? fields.fail('product', 'a product');
  const id = lastPart(product, 'id') ?? product.fail('id', 'an id of the product');
  const price = inside(fields, 'price');
  return {
    item: item(id, count, paid ?? amount(price, 'amount'), discount), currency: currency(price, 'currencyCode'),
  };
}

function cartLine(line: Fields): Sold {
  const merchandise = inside(line, 'merchandise') ?? line.fail('merchandise', 'a variant');
  return variant(merchandise, quantity(line, 'quantity'));
}

function lineItem(line: Fields): Sold {
  const count = quantity(line, 'quantity');
  const whole = amount(inside(line, 'finalLinePrice'), 'amount');
  const off = each(line, 'discountAllocations', 100, (one) => amount(inside(one, 'amount'), 'amount') ?? 0)
    .reduce((sum, one) => sum + one, 0);
  return variant(
    inside(line, 'variant') ?? line.fail('variant', 'a variant'), count,
    whole === undefined ? undefined : whole / count, off > 0 ? off / count : undefined);
}

/** `gid://shopify/Product/123` is `123`. */
function lastPart(fields: Fields | undefined, name: string): string | undefined {
  const id = anyId(fields, name);
  return id?.startsWith('gid://') ? id.slice(id.lastIndexOf('/') + 1) : id;
}
