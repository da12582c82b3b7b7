import { ALPHA_USED } from './compare.ts';
import { halfWidth } from './mean-sequence.ts';

/** What is to be found: a lift of one arm over the control, of units split evenly between two arms. */
export interface Wanted {
  readonly lift: number; // absolute, above 0
  readonly control: { readonly mean: number; readonly variance: number }; // of a unit's value
  readonly arm: { readonly mean: number; readonly variance: number };
  readonly alpha: number;
  readonly power: number; // probability of finding it
}

export interface UnitsNeeded {
  /** Of a test that is looked at once, at its end: both arms together. */
  readonly once: number;
  /** With bounds that may be looked at always, tuned to that many units; most end sooner. */
  readonly always: number;
}

/** Pure. Infinity does not come out: a lift above 0 is found in the end. */
export function unitsNeeded(wanted: Wanted): UnitsNeeded {
  const { lift, alpha, power } = wanted;
  const perUnit = 2 * (wanted.control.variance + wanted.arm.variance); // n times the difference's
  const zPower = normalQuantile(power);
  const once = perUnit * ((normalQuantile(1 - alpha / 2) + zPower) / lift) ** 2;
  const found = (units: number): boolean => {
    const variance = perUnit / units;
    const half = halfWidth(variance, units, { alpha: ALPHA_USED * alpha, horizon: units });
    return lift >= half + zPower * Math.sqrt(variance);
  };
  let [low, high] = [once, once];
  while (!found(high)) high *= 2;
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (low + high) / 2;
    if (found(middle)) high = middle;
    else low = middle;
  }
  return { once: Math.ceil(once), always: Math.ceil(high) };
}

const HALVINGS = 50;

export function ofRate(mean: number): { mean: number; variance: number } {
  return { mean, variance: mean * (1 - mean) };
}

/** Of the standard normal (Acklam's rational approximation, off by 1.2e-9 at most, relatively). */
export function normalQuantile(p: number): number {
  if (p > 0.5) return -normalQuantile(1 - p);
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return polynomial(TAIL_UP, q) / (q * polynomial(TAIL_DOWN, q) + 1);
  }
  const q = p - 0.5;
  const r = q * q;
  return q * polynomial(MIDDLE_UP, r) / (r * polynomial(MIDDLE_DOWN, r) + 1);
}

const MIDDLE_UP = [-39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269,
  -30.66479806614716, 2.506628277459239];
const MIDDLE_DOWN = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972,
  -13.28068155288572];
const TAIL_UP = [-0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734,
  4.374664141464968, 2.938163982698783];
const TAIL_DOWN = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];

/** Horner's, the highest power first. */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduce((sum, one) => sum * x + one, 0);
}
