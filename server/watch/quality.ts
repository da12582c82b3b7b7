import { calibrationCurve, calibrationError, type CalibrationPoint } from
  '../../models/learn/metrics/calibration-error.ts';
import { brier, logLoss } from '../../models/learn/metrics/probability.ts';
import { rocAuc } from '../../models/learn/metrics/ranking.ts';

/** How good predictions were whose outcome is known. */
export interface Quality {
  readonly rows: number;
  readonly baseRate: number;
  readonly said: number; // mean probability
  readonly brier: number;
  readonly logLoss: number;
  readonly ece: number;
  readonly curve: readonly CalibrationPoint[];
  /** Of the ranking, with the bounds of 95 % (Hanley & McNeil 1982); null with labels of one kind. */
  readonly auc: { readonly value: number; readonly low: number; readonly high: number } | null;
  /**
   * How many standard errors the sum of the probabilities lies above what happened; beyond ±3 the
   * probabilities as a whole are too high or too low.
   */
  readonly excess: number;
}

/** Of the same length, at least one; labels 0 or 1. Null for none. */
export function judgeQuality(
  probabilities: ArrayLike<number>, labels: ArrayLike<number>,
): Quality | null {
  const rows = labels.length;
  if (rows === 0) return null;
  let [happened, said, variance] = [0, 0, 0];
  for (let i = 0; i < rows; i += 1) {
    const p = probabilities[i] as number;
    happened += labels[i] as number;
    said += p;
    variance += p * (1 - p);
  }
  const both = happened > 0 && happened < rows;
  const auc = both ? rocAuc(probabilities, labels) : NaN;
  return {
    rows,
    baseRate: happened / rows,
    said: said / rows,
    brier: brier(probabilities, labels),
    logLoss: logLoss(probabilities, labels),
    ece: calibrationError(probabilities, labels),
    curve: calibrationCurve(probabilities, labels),
    auc: both ? withBounds(auc, happened, rows - happened) : null,
    excess: variance > 0 ? (said - happened) / Math.sqrt(variance) : 0,
  };
}

function withBounds(auc: number, ones: number, zeros: number): NonNullable<Quality['auc']> {
  const pairsOfOnes = auc / (2 - auc);
  const pairsOfZeros = (2 * auc * auc) / (1 + auc);
  const variance = (auc * (1 - auc) + (ones - 1) * (pairsOfOnes - auc * auc) +
    (zeros - 1) * (pairsOfZeros - auc * auc)) / (ones * zeros);
  const half = 1.96 * Math.sqrt(Math.max(0, variance));
  return { value: auc, low: Math.max(0, auc - half), high: Math.min(1, auc + half) };
}
