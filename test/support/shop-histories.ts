import fc from 'fast-check';
import { DEVICES, type EventType, type ShopEvent } from '../../server/wire/schema.ts';

const DAY_MS = 86_400_000;
export const HISTORY_START_MS = Date.UTC(2023, 8, 1);

const TYPES: readonly EventType[] = [
  'item_view', 'item_view', 'item_click', 'search', 'cart_add', 'cart_add', 'purchase', 'purchase',
  'purchase', 'refund', 'checkout_start', 'home_view',
];
const item = fc.record({
  item: fc.constantFrom('lamp', 'rug', 'cup', 'vase', 'pot', 'mat'),
  quantity: fc.integer({ min: 1, max: 30 }),
  price: fc.double({ min: 0, max: 400, noNaN: true }),
  discount: fc.constantFrom(0, 1.25, 3.333),
}, { requiredKeys: ['item', 'quantity'], noNullPrototype: true });

/**
 * What some customers of a shop do in 200 days over two changes of clocks, in order of time: views,
 * carts, purchases, refunds, from several zones and countries, some without consent, some before they
 * make themselves known in their session.
 */
export const shopHistory: fc.Arbitrary<ShopEvent[]> = fc.array(
  fc.record({
    type: fc.constantFrom(...TYPES),
    atMs: fc.double({ min: 0, max: 1, noNaN: true }),
    who: fc.integer({ min: 0, max: 3 }),
    visit: fc.integer({ min: 0, max: 2 }),
    known: fc.boolean(),
    items: fc.array(item, { minLength: 1, maxLength: 3 }),
    timeZone: fc.constantFrom(
      undefined, 'Europe/London', 'America/New_York', 'Asia/Kolkata', 'Pacific/Auckland'),
    country: fc.constantFrom(undefined, 'GB', 'US', 'AE', 'NZ', 'XX'),
    device: fc.constantFrom(undefined, ...DEVICES),
    consent: fc.constantFrom(undefined, undefined, undefined, false),
  }),
  { minLength: 1, maxLength: 120 },
).map((drawn) => drawn
  .map(({ atMs, who, visit, known, timeZone, country, device, consent, ...rest }) => ({
    ...rest, timeZone, country, device, consent, who, visit, known,
    atMs: HISTORY_START_MS + Math.floor(atMs * 200 * DAY_MS),
  }))
  .sort((a, b) => a.atMs - b.atMs)
  .map(({ who, visit, known, timeZone, country, device, consent, ...rest }, i): ShopEvent => ({
    ...rest,
    id: `e${i}`,
    session: `visit-${who}-${visit}-${Math.floor((rest.atMs - HISTORY_START_MS) / DAY_MS)}`,
    ...(known && { customer: `c${who}` }),
    ...(timeZone !== undefined && { timeZone }),
    ...(country !== undefined && { country }),
    ...(device !== undefined && { device }),
    ...(consent !== undefined && { consent }),
  })));
