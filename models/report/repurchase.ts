import type { PurchaseLog } from '../customers/purchases.ts';

/** Share that has bought again after so many days, by Kaplan and Meier (1958). */
export interface Repurchase {
  readonly gaps: number; // purchases that were followed, bought again or not
  readonly again: Float64Array; // index: days since; index 0 is 0
  readonly medianDays: number | null; // null: fewer than half buy again within the curve
}

/**
 * How long customers take to buy again after a purchase for which `chosen` holds (its number: 1 is
 * the first). Who has not bought again when the log ends is counted as long as they were seen.
 */
export function repurchase(
  log: PurchaseLog, chosen: (purchase: number) => boolean, days: number,
): Repurchase {
  const bought = new Float64Array(days + 1);
  const lost = new Float64Array(days + 2);
  let gaps = 0;
  for (const customer of log.customers) {
    customer.days.forEach((day, at) => {
      if (!chosen(at + 1)) return;
      gaps += 1;
      const next = customer.days[at + 1];
      const gap = (next ?? log.lastDay) - day;
      if (next !== undefined && gap <= days) bought[gap]! += 1;
      else lost[Math.min(gap, days) + 1]! += 1; // seen to be silent for `gap` days
    });
  }
  const again = new Float64Array(days + 1);
  let waiting = gaps;
  let silent = 1;
  let medianDays: number | null = null;
  for (let day = 0; day <= days; day += 1) {
    waiting -= lost[day] as number;
    if (waiting > 0) silent *= 1 - (bought[day] as number) / waiting;
    waiting -= bought[day] as number;
    again[day] = 1 - silent;
    if (medianDays === null && silent <= 0.5) medianDays = day;
  }
  return { gaps, again, medianDays };
}
