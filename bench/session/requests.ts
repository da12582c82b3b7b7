import { codecFor } from '../../server/client/codec.ts';
import type { ShopEvent } from '../../server/wire/schema.ts';
import { payloadFile } from '../requests.ts';
import { type BenchShop, CATEGORIES, isCustomer, visitorDraws } from './shop.ts';

const codec = codecFor('msgpack');
const bytesOf = (message: object): Buffer => Buffer.from(codec.encode(message) as Uint8Array);

export const K = 20;

/** Half as shops ask by default, the other half with a filter of their own. */
function filterOf(number: number): object {
  switch (number % 8) {
    case 0: case 4: return { filter: { exclude_seen: true } };
    case 2: return { filter: { category: `c-${number % CATEGORIES}` } };
    case 6: return { filter: { price_min: 10, price_max: 100 } };
    default: return {};
  }
}

/** Requests of visitors who are in the shop: what comes next for me. In the generator's format. */
export function recommendFile(shop: BenchShop, count: number, more: object = {}): Buffer {
  const draw = visitorDraws(shop.visitors.length, 5);
  return payloadFile(Array.from({ length: count }, (_, number) => {
    const session = `now-${draw()}`;
    return (id: number) =>
      bytesOf({ id, op: 'recommend', session, k: K, ...filterOf(number), ...more });
  }));
}

/** Views of items that the visitors come to meanwhile, each event once: `seed` sets runs apart. */
export function eventFile(shop: BenchShop, count: number, seed: number): Buffer {
  const draw = visitorDraws(shop.visitors.length, seed);
  return payloadFile(Array.from({ length: count }, (_, number) => {
    const visitor = draw();
    const other = shop.visitors[draw()] as readonly string[];
    const event = {
      id: `e-${seed}-${number}`, type: 'item_view', session: `now-${visitor}`,
      items: [{ item: other[number % other.length] as string }],
    };
    return (id: number) => bytesOf({ id, op: 'events', events: [event] });
  }));
}

/** What the visitors have done until now; customers have bought their first item a while ago. */
export function visitorEvents({ visitors }: BenchShop, nowMs: number, run: string): ShopEvent[] {
  return visitors.flatMap((items, visitor) => {
    const customer = isCustomer(visitor) ? { customer: `who-${visitor}` } : {};
    const views = items.map((item, i): ShopEvent => ({
      id: `v-${run}-${visitor}-${i}`, type: 'item_view', atMs: nowMs - (items.length - i) * 1000,
      session: `now-${visitor}`, ...customer, items: [{ item, quantity: 1 }],
    }));
    if (!isCustomer(visitor)) return views;
    const bought: ShopEvent = {
      id: `b-${run}-${visitor}`, type: 'purchase', atMs: nowMs - 7_200_000,
      session: `then-${visitor}`, ...customer, items: [{ item: items[0] as string, quantity: 1 }],
    };
    return [bought, ...views];
  });
}
