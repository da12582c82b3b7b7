import { judgeDrift, type ColumnDrift } from '../../server/watch/drift.ts';
import type { PurchaseLog } from '../customers/purchases.ts';

/** What of purchases is compared: each purchase is a row. */
export const SHIFTS = ['amount', 'units', 'kinds', 'gap', 'weekday'] as const;

/** Purchases of the last `days` beside those of the `days` before. Null with too few of either. */
export function shifts(log: PurchaseLog, days: number): ColumnDrift[] | null {
  const now = rows(log, log.lastDay - days, log.lastDay);
  const before = rows(log, log.lastDay - 2 * days, log.lastDay - days);
  if (Math.min(now.length, before.length) < ROWS_MIN) return null;
  const column = (of: readonly number[][]) => (at: number) => {
    const values = of.map((row) => row[at] as number);
    const there = values.filter((value) => !Number.isNaN(value));
    return { sorted: Float64Array.from(there).sort(), missing: values.length - there.length };
  };
  return judgeDrift(SHIFTS, column(before), column(now));
}

const ROWS_MIN = 100;

/** After day `from`, up to `to`. The gap is to the customer's former purchase; missing for the first. */
function rows(log: PurchaseLog, from: number, to: number): number[][] {
  const found: number[][] = [];
  for (const { days, amounts, units, kinds } of log.customers) {
    days.forEach((day, at) => {
      if (day <= from || day > to) return;
      const gap = at === 0 ? NaN : day - (days[at - 1] as number);
      found.push([amounts[at]!, units[at]!, kinds[at]!, gap, (day + 4) % 7]);
    });
  }
  return found;
}
