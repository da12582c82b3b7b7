import { offsetMs } from '../../../server/core/zone.ts';
import { utcMs } from '../../../server/store/import/zoned-time.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import type { ShopLog } from './shop-log.ts';

/** What one customer bought on one day of their own calendar. */
export interface PurchaseDay {
  readonly day: number; // since 1970-01-01, in the customer's zone
  readonly atMs: number; // of the day's first purchase
  readonly amount: number; // paid, in the shop's currency; refunds are not taken off
  readonly quantity: number; // of all items
}

/** Each customer's purchases, one entry a local day, oldest first. The order is of first purchases. */
export function purchaseDays(log: ShopLog): Map<string, PurchaseDay[]> {
  const days = new Map<string, PurchaseDay[]>();
  for (const event of log.events) {
    if (event.type !== 'purchase' || event.customer === undefined) continue;
    const own = days.get(event.customer) ?? [];
    days.set(event.customer, own);
    const bought = { day: localDay(event.atMs, event.timeZone ?? log.timeZone), ...paid(event) };
    const last = own.at(-1);
    if (last?.day !== bought.day) own.push({ atMs: event.atMs, ...bought });
    else {
      const amount = last.amount + bought.amount;
      own[own.length - 1] = { ...last, amount, quantity: last.quantity + bought.quantity };
    }
  }
  return days;
}

/** The day of a zone's calendar, counted from 1970-01-01. */
export function localDay(atMs: number, zone: string): number {
  return Math.floor((atMs + offsetMs(atMs, zone)) / DAY_MS);
}

/** The last millisecond of a day `YYYY-MM-DD` in a zone: what was known when it ended. */
export function endOfDay(date: string, zone: string): number {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (!Number.isFinite(midnight)) throw new RangeError(`'${date}' is no day`);
  return utcMs(midnight + DAY_MS, zone) - 1;
}

const DAY_MS = 86_400_000;

function paid({ items }: ShopEvent): { amount: number; quantity: number } {
  let [amount, quantity] = [0, 0];
  for (const item of items) {
    amount += item.quantity * (item.price ?? 0);
    quantity += item.quantity;
  }
  return { amount, quantity };
}
