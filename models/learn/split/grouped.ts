import { Prng } from '../../../server/core/prng.ts';
import { TrainingError } from '../training-error.ts';
import { foldsOf, timeIgnored, type Splitter } from './plan.ts';
import { shuffled, type Stratified } from './stratified.ts';

/**
 * k folds that never part a group: the groups, largest first, go each to the fold that it leaves
 * most even in rows and in the sum of labels. `ignoreTime` as for `stratified`.
 */
export function grouped({ folds, seed, ignoreTime = false }: Stratified): Splitter {
  if (!Number.isInteger(folds) || folds < 2) throw new TrainingError(`${folds} folds`);
  return (examples) => {
    const warnings = timeIgnored(examples, ignoreTime);
    const { labels, groups } = examples;
    if (!groups) throw new TrainingError('a grouped split needs the group of each row');
    const sizes = tally(groups, labels);
    if (sizes.length < folds) throw new TrainingError(`${sizes.length} groups for ${folds} folds`);
    const rowsAll = labels.length;
    const sumAll = labels.reduce((sum, label) => sum + Math.abs(label), 0) || 1;

    const prng = new Prng(seed);
    const order = shuffled(sizes.length, prng).map((at) => sizes[at] as Group);
    order.sort((a, b) => b.rows - a.rows); // stable: equals stay in their order of chance
    const rows = new Float64Array(folds);
    const sums = new Float64Array(folds);
    const foldOf = new Map<number, number>();
    for (const group of order) {
      let best = 0;
      let least = Infinity;
      for (let fold = 0; fold < folds; fold += 1) {
        const row = ((rows[fold] as number) + group.rows) / rowsAll;
        const sum = ((sums[fold] as number) + group.sum) / sumAll;
        const cost = row * row + sum * sum - ((rows[fold] as number) / rowsAll) ** 2 -
          ((sums[fold] as number) / sumAll) ** 2;
        if (cost < least) [best, least] = [fold, cost];
      }
      rows[best] = (rows[best] as number) + group.rows;
      sums[best] = (sums[best] as number) + group.sum;
      foldOf.set(group.group, best);
    }
    return {
      how: `${folds} folds of whole groups, seed ${seed}`,
      inTime: false,
      folds: foldsOf(Uint32Array.from(groups, (group) => foldOf.get(group) as number), folds),
      warnings,
    };
  };
}

interface Group {
  readonly group: number;
  rows: number;
  sum: number; // of the sizes of its labels
}

function tally(groups: Uint32Array, labels: Float64Array): Group[] {
  const found = new Map<number, Group>();
  groups.forEach((group, row) => {
    const of = found.get(group) ?? { group, rows: 0, sum: 0 };
    of.rows += 1;
    of.sum += Math.abs(labels[row] as number);
    found.set(group, of);
  });
  return [...found.values()];
}
