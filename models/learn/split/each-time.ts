import { TrainingError } from '../training-error.ts';
import { Fold, timesOf, type Splitter } from './plan.ts';

/**
 * For rows of few times (months): each time is a window, scored by all before it, from the first on
 * that has `firstShare` of the rows behind it (`embargoMs` as of `byTime`). `forward` cuts by rows,
 * and needs times that part them.
 */
export function eachTime(
  { firstShare, embargoMs = 0 }: { readonly firstShare: number; readonly embargoMs?: number },
): Splitter {
  return (examples) => {
    const times = timesOf(examples);
    const distinct = [...new Set(times)].sort((a, b) => a - b);
    const rows = (keep: (time: number) => boolean): Uint32Array =>
      Uint32Array.from(times.keys()).filter((row) => keep(times[row] as number));
    const folds = distinct
      .map((at) => [
        rows((time) => time < at && time + embargoMs <= at), rows((time) => time === at),
      ] as const)
      .filter(([train]) => train.length >= firstShare * times.length && train.length > 0)
      .map(([train, test]) => new Fold(train, test, times.length));
    if (folds.length === 0) throw new TrainingError('no time has enough rows before it');
    return {
      how: `forward in time: each of the last ${folds.length} times, scored by all before it`,
      inTime: true,
      folds,
      warnings: [],
    };
  };
}
