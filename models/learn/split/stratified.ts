import { Prng } from '../../../server/core/prng.ts';
import { TrainingError } from '../training-error.ts';
import { foldsOf, timeIgnored, type Splitter } from './plan.ts';

export interface Stratified {
  readonly folds: number; // at least 2
  readonly seed: number;
  /** Rows with times are shuffled only where this says so. */
  readonly ignoreTime?: boolean;
}

/** k folds in which the classes have the same shares, to one row: rows are shuffled and dealt. */
export function stratified({ folds, seed, ignoreTime = false }: Stratified): Splitter {
  if (!Number.isInteger(folds) || folds < 2) throw new TrainingError(`${folds} folds`);
  return (examples) => {
    const warnings = timeIgnored(examples, ignoreTime);
    const { labels, groups } = examples;
    if (groups && new Set(groups).size < groups.length) {
      warnings.push('rows of one group are on both sides: use `grouped`');
    }
    if (labels.length < folds) throw new TrainingError(`${labels.length} rows for ${folds} folds`);
    const order = shuffled(labels.length, new Prng(seed));
    // A regression has no classes: rows in order of their labels, so that each fold has all sizes.
    const rows = order.sort((a, b) => (labels[a] as number) - (labels[b] as number));
    const of = new Uint32Array(labels.length);
    rows.forEach((row, at) => (of[row] = at % folds));
    for (let label = 0; label < 2; label += 1) {
      const count = labels.filter((value) => value === label).length;
      if (count > 0 && count < folds) {
        warnings.push(`${count} rows of class ${label} for ${folds} folds`);
      }
    }
    return {
      how: `${folds} stratified folds, seed ${seed}`,
      inTime: false,
      folds: foldsOf(of, folds),
      warnings,
    };
  };
}

/** 0 .. count - 1 in an order of chance (Fisher and Yates). */
export function shuffled(count: number, prng: Prng): number[] {
  const order = Array.from({ length: count }, (_, at) => at);
  for (let at = count - 1; at > 0; at -= 1) {
    const other = prng.below(at + 1);
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  return order;
}
