import { offsetMs } from '../core/zone.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { mergeByDay, type CustomerPurchases, type PurchaseRow } from './purchases.ts';

const DAY_MS = 86_400_000;

/** A purchase in its own time zone, or the shop's. Amounts are of the lines that say a price. */
export function purchaseRow(event: ShopEvent, shopZone: string): PurchaseRow {
  const moment = event.atMs + offsetMs(event.atMs, event.timeZone ?? shopZone);
  let amount = 0;
  let units = 0;
  for (const { quantity, price } of event.items) {
    amount += quantity * (price ?? 0);
    units += quantity;
  }
  const kinds = new Set(event.items.map(({ item }) => item)).size;
  return { day: Math.floor(moment / DAY_MS), amount, units, kinds, moment };
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
