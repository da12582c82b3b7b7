/**
 * Bounds on a mean, or on the difference of two, that hold at every moment at once: an asymptotic
 * confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2021, "Time-uniform central limit
 * theory and asymptotic confidence sequences", theorem 2.2), which is Robbins' normal mixture with
 * the variance estimated. With n units, an estimate d of variance V, and v = n V:
 *
 *     d ± sqrt(v 2 (n r² + 1) / (n² r²) ln(sqrt(n r² + 1) / alpha))
 *
 * The ratio behind it, exp(r² S² / (2 (n r² + 1))) / sqrt(n r² + 1) with S = n d / sqrt(v), is a
 * martingale under d = 0 and begins at 1: its inverse is a p-value at any moment (mixture SPRT;
 * Johari, Koomen, Pekelis & Walsh 2017). `r` sets where the bounds are tightest: near `horizon` units.
 *
 * For rates by themselves `../flow/confidence.ts` is exact; of a difference it would be too wide.
 */
export interface Sums {
  readonly units: number;
  readonly sum: number; // of the units' values
  readonly squares: number; // of the same
}

export interface Look {
  readonly alpha: number;
  readonly horizon: number; // units of both arms together at which the bounds are tightest
}

export interface Estimate {
  readonly units: number;
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly p: number; // at any moment; 1 says nothing
}

/** Of either arm: before, a sum of so few is not near to normal. */
export const UNITS_MIN = 100;

/** `arm`'s mean less `control`'s; null while there is too little to say anything. */
export function difference(control: Sums, arm: Sums, look: Look): Estimate | null {
  if (Math.min(control.units, arm.units) < UNITS_MIN) return null;
  const variance = variancePerUnit(control) / control.units + variancePerUnit(arm) / arm.units;
  const value = arm.sum / arm.units - control.sum / control.units;
  return estimate(value, variance, control.units + arm.units, look);
}

/** The mean of one sample, p being of its mean's being 0; null while there is too little. */
export function mean(sample: Sums, look: Look): Estimate | null {
  if (sample.units < UNITS_MIN) return null;
  return estimate(
    sample.sum / sample.units, variancePerUnit(sample) / sample.units, sample.units, look);
}

/** Half the width of the bounds around an estimate of this variance, of so many units. */
export function halfWidth(variance: number, units: number, { alpha, horizon }: Look): number {
  const r2 = mixing(alpha, horizon);
  const grown = units * r2 + 1;
  return Math.sqrt(variance * (2 * grown / (units * r2)) * Math.log(Math.sqrt(grown) / alpha));
}

/** r²: what makes the bounds tightest at `horizon` (the paper's equation for `rho`). */
export function mixing(alpha: number, horizon: number): number {
  const twice = -2 * Math.log(alpha);
  return (twice + Math.log(twice + 1)) / horizon;
}

function estimate(value: number, variance: number, units: number, look: Look): Estimate | null {
  if (!(variance > 0)) return null;
  const half = halfWidth(variance, units, look);
  return {
    units, value, low: value - half, high: value + half, p: pValue(value, variance, units, look),
  };
}

function pValue(value: number, variance: number, units: number, { alpha, horizon }: Look): number {
  const r2 = mixing(alpha, horizon);
  const grown = units * r2 + 1;
  const s2 = units * value * value / variance; // S²
  return Math.min(1, Math.sqrt(grown) * Math.exp(-r2 * s2 / (2 * grown)));
}

function variancePerUnit({ units, sum, squares }: Sums): number {
  return Math.max(0, (squares - sum * sum / units) / (units - 1));
}
