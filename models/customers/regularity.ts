import { gammaBelow } from './btyd/special.ts';
import type { BuyingSummary } from './btyd/summary.ts';

/**
 * The simple rule of who is due: gaps between purchases are Gamma of one shape for everyone, and of
 * each customer's own mean, drawn towards everyone's; after each purchase the same share comes back at
 * all. It needs no likelihood and no search: what a model must beat.
 */
export interface RegularityRule {
  readonly shape: number; // 1 is chance, more is regular
  readonly meanGap: number; // weeks, of everyone
  readonly back: number; // share of the purchases that another one follows
}

const PRIOR_GAPS = 1; // gaps that everyone's mean counts for
const SHAPE_LIMITS = [0.3, 20] as const;

export function fitRegularity(summary: BuyingSummary): RegularityRule {
  let gaps = 0;
  let weeks = 0;
  let surplus = 0; // of ln(own mean gap) over the mean ln(gap), weighted by gaps
  for (let i = 0; i < summary.rows; i += 1) {
    const x = summary.repeats[i] as number;
    if (x === 0) continue;
    gaps += x;
    weeks += summary.recency[i] as number;
    surplus += x * Math.log((summary.recency[i] as number) / x) - (summary.logGaps[i] as number);
  }
  if (gaps === 0) return { shape: 1, meanGap: 26, back: 0.5 };
  // ln(shape) - ψ(shape) is that surplus; Minka's closed form (2002) is within 2 % of its solution.
  const s = Math.max(1e-3, surplus / gaps);
  const shape = (3 - s + Math.sqrt((s - 3) ** 2 + 24 * s)) / (12 * s);
  const [low, high] = SHAPE_LIMITS;
  return {
    shape: Math.min(high, Math.max(low, shape)),
    meanGap: weeks / gaps,
    back: gaps / (gaps + summary.rows), // each customer's last one may yet be followed
  };
}

/** The chance of a purchase in (T, T + h], weeks. */
export function dueChance(
  { shape, meanGap, back }: RegularityRule, x: number, tx: number, T: number, h: number,
): number {
  const mean = (tx + PRIOR_GAPS * meanGap) / (x + PRIOR_GAPS);
  const silent = T - tx;
  const below = (t: number): number => gammaBelow(shape, (shape * t) / mean);
  // Of those silent for so long: who is yet to come, beside who left at the last purchase.
  const silentHere = back * (1 - below(silent)) + 1 - back;
  return (back * (below(silent + h) - below(silent))) / silentHere;
}
