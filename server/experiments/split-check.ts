import { lnGamma } from '../flow/confidence.ts';

/**
 * Whether the arms got as many units as their weights say (sample ratio mismatch), at any moment: a
 * broken assignment, or one arm's answers being lost, shows here first, and then no result is to be
 * trusted. The ratio of the Dirichlet-multinomial mixture to the weights' own likelihood is a
 * martingale under the weights (Lindon & Malek 2022, "Anytime-valid inference for multinomial count
 * data"), so its inverse is a p-value however often one looks.
 */
export function splitP(counts: readonly number[], weights: readonly number[]): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const units = counts.reduce((sum, count) => sum + count, 0);
  let log = lnGamma(CONCENTRATION) - lnGamma(CONCENTRATION + units);
  counts.forEach((count, i) => {
    const share = (weights[i] as number) / total;
    const prior = CONCENTRATION * share;
    log += lnGamma(prior + count) - lnGamma(prior) - count * Math.log(share);
  });
  return Math.min(1, Math.exp(-log));
}

/** Below, the split is taken to be broken: 1 in 1000 sound experiments is ever called so. */
export const SPLIT_P_MIN = 0.001;

/** Of the prior around the weights: as if so many units had been seen; looks for small deviations. */
const CONCENTRATION = 1000;
