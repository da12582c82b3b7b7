import { countBy } from '../../../server/customers/purchases.ts';
import { BIN_ENDS } from '../../../server/customers/survival.ts';
import {
  HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES, writeTimingInputs,
} from '../../../server/customers/timing-inputs.ts';
import type { PurchaseLog } from '../purchases.ts';

/** Customers at landmarks: what was known then, and what came after. */
export interface HazardSamples {
  readonly rows: number;
  readonly features: Float32Array; // [rows, TIMING_FEATURES]
  readonly history: Float32Array; // [rows, HISTORY_LENGTH, HISTORY_CHANNELS]
  readonly lengths: Uint8Array; // purchases in each history, at least 1
  readonly customers: Uint32Array; // places in the log
  readonly landmarks: Int32Array;
  /** Days to the next purchase, or to the end of what is known: then `bought` is 0. */
  readonly days: Float64Array;
  /** Bins without a purchase, all of which were seen to their ends. */
  readonly survived: Uint8Array;
  readonly bought: Uint8Array; // 1: the purchase came in the bin after those
}

/**
 * Everyone who had bought by each landmark. Nothing after the day `knownTo` is used: what has not
 * happened by then is censored. A bin that `knownTo` cuts is left out with its purchases, for its
 * survivors are not known yet.
 */
export function hazardSamples(
  log: PurchaseLog, landmarks: readonly number[], knownTo: number,
): HazardSamples {
  const pairs = landmarks.flatMap((landmark) => log.customers.flatMap(({ days }, customer) =>
    (days[0] as number) <= landmark ? [[customer, landmark] as const] : []));
  const rows = pairs.length;
  const width = TIMING_FEATURES.length;
  const step = HISTORY_LENGTH * HISTORY_CHANNELS.length;
  const samples = {
    rows,
    features: new Float32Array(rows * width),
    history: new Float32Array(rows * step),
    lengths: new Uint8Array(rows),
    customers: Uint32Array.from(pairs, ([customer]) => customer),
    landmarks: Int32Array.from(pairs, ([, landmark]) => landmark),
    days: new Float64Array(rows),
    survived: new Uint8Array(rows),
    bought: new Uint8Array(rows),
  };
  pairs.forEach(([place, landmark], row) => {
    const customer = log.customers[place]!;
    const count = countBy(customer, landmark);
    writeTimingInputs(
      customer, landmark, samples.features, row * width, samples.history, row * step);
    samples.lengths[row] = Math.min(count, HISTORY_LENGTH);
    const next = customer.days[count] ?? Infinity;
    const known = next <= knownTo;
    const days = (known ? next : knownTo) - landmark;
    samples.days[row] = days;
    const { survived, bought } = outcome(days, known, knownTo - landmark);
    samples.survived[row] = survived;
    samples.bought[row] = bought ? 1 : 0;
  });
  return samples;
}

function outcome(
  days: number, known: boolean, seen: number,
): { survived: number; bought: boolean } {
  let survived = 0;
  for (const end of BIN_ENDS) {
    if (end > seen) return { survived, bought: false };
    if (known && days <= end) return { survived, bought: true };
    survived += 1;
  }
  return { survived, bought: false };
}

export interface LandmarkOptions {
  readonly rowsMax: number; // customers at landmarks, about
  readonly countMax: number;
  readonly backDays: number; // the oldest landmark is no older
  readonly youngest: number; // days from the newest landmark to what is known: a whole bin or more
}
export const LANDMARK_DEFAULTS: LandmarkOptions = {
  rowsMax: 200_000, countMax: 20, backDays: 190, youngest: 7,
};
const WARM_UP = 30; // days of a log before there is a history to look at

/**
 * Days to learn from, newest first: evenly back from `knownTo`, as many as rows allow, and never a
 * whole number of weeks apart, so that every weekday is among them.
 */
export function learningLandmarks(
  log: PurchaseLog, knownTo: number, options: LandmarkOptions = LANDMARK_DEFAULTS,
): number[] {
  const { rowsMax, countMax, backDays, youngest } = options;
  const known = log.customers.filter(({ days }) => (days[0] as number) <= knownTo).length;
  const last = knownTo - youngest;
  const first = Math.max(knownTo - backDays, log.firstDay + WARM_UP);
  const count = Math.max(1, Math.min(countMax, Math.floor(rowsMax / Math.max(1, known))));
  const apart = Math.max(1, Math.floor((last - first) / Math.max(1, count - 1)));
  const every = apart % 7 === 0 ? apart - 1 || 1 : apart;
  const landmarks: number[] = [];
  for (let day = last; day >= first && landmarks.length < count; day -= every) landmarks.push(day);
  return landmarks;
}
