import { countBy, type CustomerPurchases } from './purchases.ts';

/** Purchases that the timing model looks back on, the newest ones. */
export const HISTORY_LENGTH = 12;

/**
 * What it sees of each: 1 (0 in all channels is no purchase), then logarithms of 1 more than the
 * days since the purchase before, the days up to now, amount, pieces and different items.
 */
export const HISTORY_CHANNELS = ['purchase', 'gap', 'age', 'amount', 'units', 'kinds'] as const;

const COUNT_DAYS = [7, 14, 30, 60, 90, 180] as const;
const HALF_LIVES = [7, 15, 30, 60, 120] as const; // days
const PRIOR_GAP = 60; // days, counted as one gap: so that a mean exists after one purchase
const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

/** The timing model's `features`, in order. Days and money as logarithms of 1 more. */
export const TIMING_FEATURES: readonly string[] = [
  'purchases', 'recency', 'age', 'single', 'amount_total', 'amount_mean', 'amount_last',
  'units_total', 'units_mean', 'kinds_mean', 'kinds_last', 'invoices',
  'gap_mean', 'gap_deviation', 'gap_last', 'recency_in_gaps', 'rate', 'spread',
  ...COUNT_DAYS.map((days) => `purchases_${days}`),
  ...HALF_LIVES.map((days) => `decayed_${days}`),
  ...WEEKDAYS.map((day) => `today_${day}`),
];

/** Those that are not of the day on which somebody looks: what drift is looked for in. The first ones. */
export const STEADY_FEATURES: readonly string[] =
  TIMING_FEATURES.slice(0, TIMING_FEATURES.length - WEEKDAYS.length);

/**
 * Writes a customer's inputs as of the end of the day `landmark` into `features[at …]` and
 * `history[from …]` (HISTORY_LENGTH rows of HISTORY_CHANNELS, oldest first, padded in front), both
 * zero before. The customer has bought by then. What came later is not looked at.
 */
export function writeTimingInputs(
  customer: CustomerPurchases, landmark: number,
  features: Float32Array, at: number, history: Float32Array, from: number,
): void {
  writeFeatures(customer, landmark, features, at);
  const { days, amounts, units, kinds } = customer;
  const count = countBy(customer, landmark);
  const length = Math.min(count, HISTORY_LENGTH);
  const channels = HISTORY_CHANNELS.length;
  for (let i = 0; i < length; i += 1) {
    const purchase = count - length + i;
    const day = days[purchase] as number;
    const gap = purchase === 0 ? 0 : day - (days[purchase - 1] as number);
    const row = from + (HISTORY_LENGTH - length + i) * channels;
    history[row] = 1;
    history[row + 1] = Math.log1p(gap);
    history[row + 2] = Math.log1p(landmark - day);
    history[row + 3] = Math.log1p(Math.max(0, amounts[purchase] as number));
    history[row + 4] = Math.log1p(Math.max(0, units[purchase] as number));
    history[row + 5] = Math.log1p(Math.max(0, kinds[purchase] as number));
  }
}

function writeFeatures(
  customer: CustomerPurchases, landmark: number, to: Float32Array, at: number,
): void {
  const { days, amounts, units, kinds, moments } = customer;
  const n = countBy(customer, landmark);
  const first = days[0] as number;
  const last = days[n - 1] as number;
  const recency = landmark - last;
  const age = landmark - first;
  const meanGap = (last - first + PRIOR_GAP) / n;
  let gapSquares = 0;
  for (let i = 1; i < n; i += 1) {
    gapSquares += ((days[i] as number) - (days[i - 1] as number) - meanGap) ** 2;
  }
  const amount = sum(amounts, n);
  const pieces = sum(units, n);
  const invoices = moments.length === 0 ? n : momentsBy(moments, landmark);
  let place = at;
  const put = (value: number): void => {
    to[place] = value;
    place += 1;
  };
  for (const value of [n, recency, age]) put(Math.log1p(value));
  put(n === 1 ? 1 : 0);
  for (const value of [amount, amount / n, amounts[n - 1] as number, pieces, pieces / n,
    sum(kinds, n) / n, kinds[n - 1] as number, invoices]) put(Math.log1p(Math.max(0, value)));
  put(Math.log1p(meanGap));
  put(Math.log1p(Math.sqrt(gapSquares / n)));
  put(Math.log1p(n === 1 ? age : last - (days[n - 2] as number)));
  put(Math.log1p(recency / Math.max(1, meanGap)));
  put(Math.log((n - 1 + 0.3) / (age + 30)));
  put((last - first) / (age + 1));
  for (const within of COUNT_DAYS) put(Math.log1p(n - countBy(customer, landmark - within)));
  for (const halfLife of HALF_LIVES) {
    let weight = 0;
    for (let i = 0; i < n; i += 1) weight += 2 ** -((landmark - (days[i] as number)) / halfLife);
    put(Math.log(weight + 0.001));
  }
  to[place + weekdayOf(landmark)] = 1;
}

/** 0 is Sunday. */
export function weekdayOf(day: number): number {
  return (((day + 4) % 7) + 7) % 7; // 1970-01-01 was a Thursday
}

function sum(values: Float64Array, count: number): number {
  let total = 0;
  for (let i = 0; i < count; i += 1) total += values[i] as number;
  return total;
}

function momentsBy(moments: Float64Array, landmark: number): number {
  const endMs = (landmark + 1) * 86_400_000;
  let count = 0;
  while (count < moments.length && (moments[count] as number) < endMs) count += 1;
  return count;
}
