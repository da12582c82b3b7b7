import { dateOf, dayOf } from '../../server/features/calendar.ts';
import type { PurchaseLog } from '../customers/purchases.ts';

/** Customers of one month of first purchases, and how many of them bought in each month since. */
export interface Cohort {
  readonly month: string; // '2011-03'
  readonly customers: number;
  readonly active: readonly number[]; // index 0: their first month; shorter for younger cohorts
  /** The log ends within the last of these months: its count is still to grow. */
  readonly lastIsPart: boolean;
}

/** Calendar months of first purchases, oldest first; empty months between two are there with 0. */
export function cohorts(log: PurchaseLog): Cohort[] {
  const [first, last] = [monthOf(log.firstDay), monthOf(log.lastDay)];
  const counts = Array.from({ length: last - first + 1 }, (_, at) =>
    new Array<number>(last - first - at + 1).fill(0));
  for (const { days } of log.customers) {
    const joined = monthOf(days[0] as number);
    const active = counts[joined - first] as number[];
    let before = -1;
    for (const day of days) {
      const since = monthOf(day) - joined;
      if (since !== before && since < active.length) active[since]! += 1;
      before = since;
    }
  }
  const next = last + 1;
  const lastIsPart = dayOf(Math.floor(next / 12), next % 12, 1) - 1 !== log.lastDay;
  return counts.map((active, at) => ({
    month: monthName(first + at), customers: active[0] as number, active, lastIsPart,
  }));
}

/** Months since the year 0. */
export function monthOf(day: number): number {
  const { year, month } = dateOf(day);
  return year * 12 + month;
}

export function monthName(month: number): string {
  return `${Math.floor(month / 12)}-${String((month % 12) + 1).padStart(2, '0')}`;
}
