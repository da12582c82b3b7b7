import { leastFrom } from './nelder-mead.ts';
import { logGamma } from './special.ts';
import type { BuyingSummary } from './summary.ts';

/**
 * What a purchase is worth (Fader & Hardie 2013): a customer's amounts are Gamma(p, ν), and
 * ν ~ Gamma(q, v) over the customers. Holds where amounts do not go with how often one buys.
 */
export interface SpendModel {
  readonly p: number;
  readonly q: number;
  readonly v: number;
}

/** Fitted on those with a repeat purchase whose mean amount is positive. */
export function fitSpend(
  summary: BuyingSummary,
): { readonly model: SpendModel; readonly logLikelihood: number; readonly customers: number } {
  const at = Array.from({ length: summary.rows }, (_, i) => i).filter((i) =>
    (summary.repeats[i] as number) > 0 && (summary.meanAmount[i] as number) > 0);
  const x = Float64Array.from(at, (i) => summary.repeats[i] as number);
  const m = Float64Array.from(at, (i) => summary.meanAmount[i] as number);
  const modelAt = ([p, q, v]: readonly number[]): SpendModel =>
    ({ p: Math.exp(p as number), q: Math.exp(q as number), v: Math.exp(v as number) });
  const typical = Math.log(m.reduce((sum, each) => sum + each, 0) / Math.max(1, m.length));
  const starts = [[0, 0, typical], [1.5, 1.5, typical - 1], [2, 1, typical]];
  const { at: found, value } = leastFrom(
    (point) => -spendLogLikelihood(modelAt(point), x, m) / Math.max(1, x.length), starts);
  return { model: modelAt(found), logLikelihood: -value * x.length, customers: x.length };
}

/** Of mean amounts `m` over `x` purchases each. */
export function spendLogLikelihood(
  { p, q, v }: SpendModel, x: Float64Array, m: Float64Array,
): number {
  const most = x.reduce((top, each) => Math.max(top, each), 0);
  const byCount = Float64Array.from({ length: most + 1 }, (_, n) => n === 0 ? 0 :
    logGamma(p * n + q) - logGamma(p * n) - logGamma(q) + q * Math.log(v) + p * n * Math.log(n));
  let sum = 0;
  for (let i = 0; i < x.length; i += 1) {
    const n = x[i] as number;
    const mean = m[i] as number;
    sum += (byCount[n] as number) + (p * n - 1) * Math.log(mean) -
      (p * n + q) * Math.log(n * mean + v);
  }
  return sum;
}

/** A customer's mean amount a purchase, as expected: between their own and everyone's. */
export function expectedAmount({ p, q, v }: SpendModel, x: number, meanAmount: number): number {
  return (p * (v + x * meanAmount)) / (p * x + q - 1);
}
