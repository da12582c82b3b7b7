import { calibrationError } from './calibration-error.ts';
import { ones } from './order.ts';
import { brier, logLoss } from './probability.ts';
import { liftAt, prAuc, rocAuc } from './ranking.ts';
import { accuracy, confusion, f1, maxF1, precision, recall } from './threshold.ts';

/** How well probabilities tell what happened. All of them are of the same examples. */
export interface BinaryScores {
  readonly auc: number; // chance that a one is ranked above a zero; .5 is none
  readonly prAuc: number; // average precision; the base rate is none
  readonly logLoss: number; // nats
  readonly ece: number; // expected calibration error, ten bins of equal mass
}

/** The same, with all that a table of models prints. */
export interface FullScores extends BinaryScores {
  readonly rows: number;
  readonly baseRate: number; // share of ones
  readonly brier: number;
  readonly eceEqualWidth: number; // ten bins a tenth wide
  readonly threshold: number; // of the next four
  readonly accuracy: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly maxF1: number; // at the best threshold of these very examples: it flatters
  readonly lift10: number; // among the top tenth
}

/** `probabilities` and `labels` (0 or 1) of the same length, with at least one of each label. */
export function binaryScores(
  probabilities: ArrayLike<number>, labels: ArrayLike<number>,
): BinaryScores {
  return {
    auc: rocAuc(probabilities, labels),
    prAuc: prAuc(probabilities, labels),
    logLoss: logLoss(probabilities, labels),
    ece: calibrationError(probabilities, labels),
  };
}

/** "Yes" is said from `threshold` up. */
export function fullScores(
  probabilities: ArrayLike<number>, labels: ArrayLike<number>, threshold = 0.5,
): FullScores {
  const at = confusion(probabilities, labels, threshold);
  return {
    rows: labels.length,
    baseRate: ones(labels) / labels.length,
    ...binaryScores(probabilities, labels),
    brier: brier(probabilities, labels),
    eceEqualWidth: calibrationError(probabilities, labels, 'equal-width'),
    threshold,
    accuracy: accuracy(at),
    precision: precision(at),
    recall: recall(at),
    f1: f1(at),
    maxF1: maxF1(probabilities, labels).f1,
    lift10: liftAt(probabilities, labels, 0.1),
  };
}
