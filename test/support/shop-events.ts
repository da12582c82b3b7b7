import fc from 'fast-check';
import { DEVICES, EVENT_TYPES } from '../../server/wire/schema.ts';
import type { EventItem, ShopEvent } from '../../server/wire/schema.ts';

let count = 0;

/** An item view with an id of its own, but for what is given. */
export function makeEvent(fields: Partial<ShopEvent> & { item?: string } = {}): ShopEvent {
  const { item, ...rest } = fields;
  return {
    id: `event-${++count}`,
    type: 'item_view',
    atMs: 1_700_000_000_000 + count,
    session: 'a-session',
    items: item === undefined ? [] : [{ item, quantity: 1 }],
    ...rest,
  };
}

const id = fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' });
const item: fc.Arbitrary<EventItem> = fc.record(
  {
    item: id,
    quantity: fc.integer({ min: 1, max: 1e6 }),
    price: fc.double({ min: 0, max: 1e6, noNaN: true }),
    discount: fc.double({ min: 0, max: 1e3, noNaN: true }),
  },
  { requiredKeys: ['item', 'quantity'], noNullPrototype: true },
);

/** Any event the wire lets through. */
export const anyEvent: fc.Arbitrary<ShopEvent> = fc.record(
  {
    id,
    type: fc.constantFrom(...EVENT_TYPES),
    atMs: fc.integer({ min: 0, max: 4e12 }),
    session: id,
    items: fc.array(item, { maxLength: 4 }),
    customer: id,
    attribution: id,
    query: fc.string({ unit: 'grapheme' }),
    timeZone: fc.constant('Europe/London'),
    consent: fc.boolean(),
    country: fc.constantFrom('GB', 'DE', 'CN'),
    device: fc.constantFrom(...DEVICES),
    visitor: id,
    currency: fc.constantFrom('EUR', 'GBP'),
    robot: fc.constant(true as const),
  },
  { requiredKeys: ['id', 'type', 'atMs', 'session', 'items'], noNullPrototype: true },
);
