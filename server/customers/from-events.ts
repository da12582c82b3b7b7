import { offsetMs } from '../core/zone.ts';
import { basketOf } from '../features/basket.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { mergeByDay, type CustomerPurchases, type PurchaseRow } from './purchases.ts';

const DAY_MS = 86_400_000;

/** A purchase in its own time zone, or the shop's. */
export function purchaseRow(event: ShopEvent, shopZone: string): PurchaseRow {
  const moment = event.atMs + offsetMs(event.atMs, event.timeZone ?? shopZone);
  const { mills, units, kinds } = basketOf(event.items);
  return { day: Math.floor(moment / DAY_MS), amount: mills / 1000, units, kinds, moment };
}

/** One customer's purchases among their events. */
export function purchasesOf(
  customer: string, events: Iterable<ShopEvent>, shopZone: string,
): CustomerPurchases {
  const rows: PurchaseRow[] = [];
  for (const event of events) {
    if (event.type === 'purchase') rows.push(purchaseRow(event, shopZone));
  }
  return mergeByDay(customer, rows);
}
