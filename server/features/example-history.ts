import type { EventType, ShopEvent } from '../wire/schema.ts';
import { History, type ShopFacts } from './history.ts';

/** A customer who has done a little of everything, the same for ever: what `featureVersion` is made of. */
export function exampleHistory(): { history: History; nowMs: number; shop: ShopFacts } {
  const shop: ShopFacts = { timeZone: 'Europe/London', categoryOf: (item) => item.slice(0, 1) };
  const history = new History();
  for (const event of exampleEvents()) history.take(event, shop);
  return { history, nowMs: Date.UTC(2011, 10, 9, 18, 30), shop };
}

/** 120 days of events in 2011, a purchase every ninth. */
export function exampleEvents(): ShopEvent[] {
  const types: readonly EventType[] = [
    'home_view', 'search', 'item_view', 'item_click', 'cart_add', 'item_view', 'cart_view', 'refund',
    'purchase',
  ];
  return Array.from({ length: 120 }, (_, i) => ({
    id: `example-${i}`,
    type: types[i % types.length] as EventType,
    atMs: Date.UTC(2011, 6, 1 + i, (i * 7) % 24, (i * 13) % 60),
    session: `visit-${i >> 1}`,
    customer: 'example',
    items: [
      { item: `${'abc'[i % 3]}${i % 11}`, quantity: 1 + (i % 4), price: 2.5 + (i % 7) },
      { item: `${'abc'[i % 2]}${i % 5}`, quantity: 1, price: 9.99, discount: i % 2 },
    ],
    ...(i % 5 === 0 && { timeZone: 'Europe/Berlin', country: 'DE' }),
    ...(i % 4 === 0 && { device: i % 8 === 0 ? 'phone' : 'desktop' }),
  }));
}
