import type { PurchaseLog } from '../purchases.ts';

/** What the purchase models see of each customer, in weeks; rows are in the log's order. */
export interface BuyingSummary {
  readonly rows: number;
  readonly repeats: Float64Array; // x: purchase days after the first
  readonly recency: Float64Array; // t_x: from the first purchase to the last; 0 without repeats
  readonly age: Float64Array; // T: from the first purchase to the landmark
  readonly logGaps: Float64Array; // sum of ln(gap) over the repeats
  readonly meanAmount: Float64Array; // of the repeat purchases; 0 without repeats
}

const WEEK_DAYS = 7;

/** Everyone who bought by the day `landmark` (included), by what was known then. */
export function buyingSummary(log: PurchaseLog, landmark: number): BuyingSummary {
  const columns = Array.from({ length: 5 }, (): number[] => []);
  const [repeats, recency, age, logGaps, meanAmount] = columns as Five<number[]>;
  for (const { days, amounts } of log.customers) {
    const first = days[0] as number;
    if (first > landmark) continue;
    let last = 0;
    let gaps = 0;
    let amount = 0;
    for (let i = 1; i < days.length && (days[i] as number) <= landmark; i += 1) {
      gaps += Math.log(((days[i] as number) - (days[i - 1] as number)) / WEEK_DAYS);
      amount += amounts[i] as number;
      last = i;
    }
    repeats.push(last);
    recency.push(((days[last] as number) - first) / WEEK_DAYS);
    age.push((landmark - first) / WEEK_DAYS);
    logGaps.push(gaps);
    meanAmount.push(last === 0 ? 0 : amount / last);
  }
  const [x, tx, T, logs, mean] = columns.map((c) => Float64Array.from(c)) as Five<Float64Array>;
  return {
    rows: x.length, repeats: x, recency: tx, age: T, logGaps: logs, meanAmount: mean,
  };
}

type Five<T> = [T, T, T, T, T];
