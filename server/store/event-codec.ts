import { EVENT_TYPES } from '../wire/schema.ts';
import type { Device, EventItem, EventType, ShopEvent } from '../wire/schema.ts';

/**
 * An event as it lies in the log: a tuple by position, absent fields null, trailing ones left out.
 * A record of the log is a list of these under the sequence number of the first.
 *
 * | place | holds | absent when |
 * |---|---|---|
 * | 0 | id | never |
 * | 1 | number of the type in `TYPE_NUMBERS` | never |
 * | 2 | atMs | never |
 * | 3 | session | never |
 * | 4 | items: item, quantity, price or null, again and again | there are none |
 * | 5 | customer | it is unknown |
 * | 6 | attribution | there is none |
 * | 7 | query | it is no search |
 * | 8 | time zone | it was not sent |
 * | 9 | consent | it was not sent |
 * | 10 | country | it was not sent |
 * | 11 | device | it was not sent |
 * | 12 | discounts, one an item, null where it has none | no item has one |
 * | 13 | visitor | it was not sent |
 * | 14 | currency | it is the shop's, or was not sent |
 * | 15 | robot: true | nobody says that it is one |
 */
export type EventTuple = readonly unknown[];

/** On disk for good: a type may be added with a new number, none may change its own. */
export const TYPE_NUMBERS: Readonly<Record<EventType, number>> = {
  home_view: 0,
  list_view: 1,
  search: 2,
  item_click: 3,
  item_view: 4,
  wishlist_add: 5,
  cart_add: 6,
  cart_remove: 7,
  cart_view: 8,
  checkout_start: 9,
  purchase: 10,
  refund: 11,
};
const TYPES = new Map(EVENT_TYPES.map((type) => [TYPE_NUMBERS[type], type]));

export function encodeEvent(event: ShopEvent): EventTuple {
  const tuple: unknown[] = [
    event.id,
    TYPE_NUMBERS[event.type],
    event.atMs,
    event.session,
    event.items.length === 0 ? null : encodeItems(event.items),
    event.customer ?? null,
    event.attribution ?? null,
    event.query ?? null,
    event.timeZone ?? null,
    event.consent ?? null,
    event.country ?? null,
    event.device ?? null,
    encodeDiscounts(event.items),
    event.visitor ?? null,
    event.currency ?? null,
    event.robot ?? null,
  ];
  while (tuple[tuple.length - 1] === null) tuple.pop();
  return tuple;
}

/** The event that was encoded. Throws on a type of a newer build; the schema version forbids it. */
export function decodeEvent(tuple: EventTuple): ShopEvent {
  const [
    id, typeNumber, atMs, session, items, customer, attribution, query, zone, consent, country,
    device, discounts, visitor, currency, robot,
  ] = tuple;
  const type = TYPES.get(typeNumber as number);
  if (type === undefined) throw new Error(`event '${String(id)}' has type ${String(typeNumber)}`);
  return {
    id: id as string,
    type,
    atMs: atMs as number,
    session: session as string,
    items: items ? decodeItems(items as readonly unknown[], discounts as Discounts) : [],
    ...(customer != null && { customer: customer as string }),
    ...(attribution != null && { attribution: attribution as string }),
    ...(query != null && { query: query as string }),
    ...(zone != null && { timeZone: zone as string }),
    ...(consent != null && { consent: consent as boolean }),
    ...(country != null && { country: country as string }),
    ...(device != null && { device: device as Device }),
    ...(visitor != null && { visitor: visitor as string }),
    ...(currency != null && { currency: currency as string }),
    ...(robot === true && { robot }),
  };
}

function encodeItems(items: readonly EventItem[]): unknown[] {
  return items.flatMap((item) => [item.item, item.quantity, item.price ?? null]);
}

type Discounts = readonly (number | null)[] | null | undefined;

function encodeDiscounts(items: readonly EventItem[]): Discounts {
  if (items.every(({ discount }) => discount === undefined)) return null;
  return items.map(({ discount }) => discount ?? null);
}

function decodeItems(flat: readonly unknown[], discounts: Discounts): EventItem[] {
  const items: EventItem[] = [];
  for (let i = 0; i < flat.length; i += 3) {
    const item = flat[i] as string;
    const quantity = flat[i + 1] as number;
    const price = flat[i + 2] as number | null;
    const discount = discounts?.[i / 3] ?? null;
    items.push({
      item, quantity, ...(price !== null && { price }), ...(discount !== null && { discount }),
    });
  }
  return items;
}
