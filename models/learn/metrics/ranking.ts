import { descending, eachTie, ones } from './order.ts';

/**
 * How well scores put the ones above the zeros. Scores are any finite numbers, labels 0 or 1, of
 * the same length; the areas are NaN unless there is one of each label.
 */

/** Area under the ROC curve: chance that a one is scored above a zero; ties count half. */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const positives = ones(labels);
  const order = descending(scores);
  let above = 0; // zeros scored above what comes now
  let inverted = 0;
  eachTie(scores, order, (from, end) => {
    const found = onesAt(order, labels, from, end);
    const other = end - from - found;
    inverted += found * (above + other / 2);
    above += other;
  });
  return 1 - inverted / (positives * (labels.length - positives));
}

/**
 * Area under the precision-recall curve as average precision: the mean, over the ones, of the
 * precision among all scored at least as high. The base rate is what chance gives.
 */
export function prAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const positives = ones(labels);
  if (positives === labels.length) return NaN;
  const order = descending(scores);
  let found = 0;
  let precision = 0;
  eachTie(scores, order, (from, end) => {
    const here = onesAt(order, labels, from, end);
    found += here;
    precision += (here * found) / end;
  });
  return precision / positives;
}

/**
 * How many times the base rate the ones are among the top `share` (0..1] of the rows, at least one
 * row; of rows that tie at the cut, the expected part.
 */
export function liftAt(
  scores: ArrayLike<number>, labels: ArrayLike<number>, share: number,
): number {
  const order = descending(scores);
  const top = Math.min(labels.length, Math.max(1, Math.round(share * labels.length)));
  let found = 0;
  eachTie(scores, order, (from, end) => {
    if (from >= top) return;
    const part = (Math.min(end, top) - from) / (end - from);
    found += part * onesAt(order, labels, from, end);
  });
  return found / top / (ones(labels) / labels.length);
}

function onesAt(order: Uint32Array, labels: ArrayLike<number>, from: number, end: number): number {
  let count = 0;
  for (let at = from; at < end; at += 1) count += labels[order[at] as number] as number;
  return count;
}
