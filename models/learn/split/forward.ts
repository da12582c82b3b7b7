import { TrainingError } from '../training-error.ts';
import { Fold, timesOf, type Splitter } from './plan.ts';
import { days, rowsBefore, rowsIn } from './time.ts';

export interface ForwardChain {
  readonly folds: number; // scored windows, at least 1
  readonly embargoMs?: number; // as of `byTime`
  /** Share of the rows, the oldest, that are never scored; without it 1 / (folds + 1). */
  readonly firstShare?: number;
}

/**
 * Cross-validation that never looks ahead: time is cut into windows of about equal rows, and each
 * is scored by what all windows before it teach (expanding windows: rolling-origin evaluation,
 * Tashman, Int. J. of Forecasting 16, 2000).
 */
export function forward({ folds, embargoMs = 0, firstShare }: ForwardChain): Splitter {
  if (!Number.isInteger(folds) || folds < 1) throw new TrainingError(`${folds} windows`);
  return (examples) => {
    const times = timesOf(examples);
    const sorted = times.slice().sort();
    const share = firstShare ?? 1 / (folds + 1);
    const cuts = Array.from({ length: folds }, (_, fold) => {
      const at = Math.round(sorted.length * (share + ((1 - share) * fold) / folds));
      return sorted[Math.min(Math.max(at, 1), sorted.length - 1)] as number;
    });
    const distinct = [...new Set(cuts)].filter((cut) => cut > (sorted[0] as number));
    if (distinct.length < folds) throw new TrainingError(`too few times for ${folds} windows`);
    return {
      how: `forward in time: ${folds} windows, each scored by all before it` +
        (embargoMs > 0 ? ` but for the last ${days(embargoMs)}` : ''),
      inTime: true,
      folds: cuts.map((cut, fold) => new Fold(
        rowsBefore(times, cut, embargoMs).train,
        rowsIn(times, cut, cuts[fold + 1]),
        times.length,
      )),
      warnings: [],
    };
  };
}
