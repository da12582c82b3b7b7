import { purchaseRow } from '../../server/customers/from-events.ts';
import {
  mergeByDay, type CustomerPurchases, type PurchaseRow,
} from '../../server/customers/purchases.ts';
import { localDay } from './logs/days.ts';
import type { ShopLog } from './logs/shop-log.ts';

/** What a shop's customers bought, and when the log ends: nothing is known of later days. */
export interface PurchaseLog {
  readonly name: string;
  readonly customers: readonly CustomerPurchases[]; // each has at least one purchase
  readonly firstDay: number;
  readonly lastDay: number; // the last day that the log covers
}

/** The purchases of known customers in a log of events. */
export function purchaseLogOf(log: ShopLog): PurchaseLog {
  const rows: (PurchaseRow & { readonly customer: string })[] = [];
  for (const event of log.events) {
    if (event.type !== 'purchase' || event.customer === undefined) continue;
    rows.push({ customer: event.customer, ...purchaseRow(event, log.timeZone) });
  }
  return purchaseLog(log.name, rows, localDay(log.endMs, log.timeZone));
}

/** Purchases of many customers in any order, as a log: customers in order of their ids. */
export function purchaseLog(
  name: string, rows: Iterable<PurchaseRow & { readonly customer: string }>, lastDay?: number,
): PurchaseLog {
  const byCustomer = new Map<string, PurchaseRow[]>();
  let first = Infinity;
  let last = -Infinity;
  for (const row of rows) {
    const list = byCustomer.get(row.customer);
    if (list) list.push(row);
    else byCustomer.set(row.customer, [row]);
    first = Math.min(first, row.day);
    last = Math.max(last, row.day);
  }
  const ids = [...byCustomer.keys()].sort((a, b) => (a < b ? -1 : 1));
  const customers = ids.map((id) => mergeByDay(id, byCustomer.get(id)!));
  return { name, customers, firstDay: first, lastDay: lastDay ?? last };
}

/** `1997-01-31` as days since 1970-01-01. */
export function dayOf(date: string): number {
  return Math.round(Date.parse(`${date}T00:00:00Z`) / 86_400_000);
}
