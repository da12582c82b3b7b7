import { bootstrapPair, type PairedInterval } from '../paired.ts';

/** What a sampler did to the scores of a model, on rows that were never resampled. */
export interface SamplingVerdict {
  readonly ece: PairedInterval; // with minus without: above 0 is worse
  readonly auc: PairedInterval; // with minus without: above 0 is better
  readonly warnings: readonly string[];
}

/** A rise of the calibration error that is worth a word. */
const ECE_RISE = 0.005;

/**
 * Compares out-of-fold probabilities of the same rows, learned with a sampler and without it, and
 * warns where it made them less true or ranked no better. Resampling rarely helps a model that is
 * able to rank, and always moves its probabilities (van den Goorbergh et al., JAMIA 29, 2022).
 */
export function judgeSampling(
  name: string, withIt: Float64Array, without: Float64Array, labels: Float64Array, seed: number,
): SamplingVerdict {
  const ece = bootstrapPair('ece', withIt, without, labels, { seed });
  const auc = bootstrapPair('auc', withIt, without, labels, { seed });
  const warnings: string[] = [];
  if (ece.low > 0 && ece.difference > ECE_RISE) {
    warnings.push(`${name} hurts calibration: ECE ${figure(ece.without)} without it, ` +
      `${figure(ece.with)} with it; calibrate after it, or move the threshold instead`);
  }
  if (auc.high < 0) {
    warnings.push(`${name} ranks worse: AUC ${figure(auc.without)} without it, ` +
      `${figure(auc.with)} with it`);
  } else if (auc.low <= 0) {
    warnings.push(`${name} does not lift AUC: ${figure(auc.without)} without it, ` +
      `${figure(auc.with)} with it (difference ${figure(auc.low)} to ${figure(auc.high)})`);
  }
  return { ece, auc, warnings };
}

function figure(value: number): string {
  return value.toFixed(3);
}
