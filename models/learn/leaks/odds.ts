import { binnedShare } from '../binned-share.ts';
import { rocAuc } from '../metrics/ranking.ts';
import type { Fold } from '../split/plan.ts';
import type { Column, Examples } from '../table.ts';

/** What each column alone says of the scored rows: log odds, less those of the base rate. */
export interface ColumnOdds {
  readonly column: Column;
  readonly odds: Float64Array; // one a scored row
  readonly auc: number; // of these odds alone
}

/**
 * A model of one column for each column: the share of ones in each bin of the training rows, put to
 * the scored ones. Together they are naive Bayes, which is model enough to see which columns carry a
 * table, and cheap enough to leave each of them out in turn.
 */
export function oddsOf(
  { table, labels }: Examples, { train, test }: Pick<Fold, 'train' | 'test'>,
): ColumnOdds[] {
  const taught = Float64Array.from(train, (row) => labels[row] as number);
  const scored = Float64Array.from(test, (row) => labels[row] as number);
  const base = taught.reduce((sum, label) => sum + label, 0) / train.length;
  return table.columns.map((column) => {
    const known = Float64Array.from(train, (row) => column.values[row] as number);
    const share = binnedShare(column.kind, known, taught);
    const odds = Float64Array.from(test, (row) =>
      logit(share(column.values[row] as number)) - logit(base));
    return { column, odds, auc: rocAuc(odds, scored) };
  });
}

/** AUC of the columns together, without those in `left`; .5 of none. */
export function aucTogether(
  all: readonly ColumnOdds[], labels: Float64Array, left: readonly ColumnOdds[] = [],
): number {
  const sum = new Float64Array(labels.length);
  all.forEach((of) => {
    if (!left.includes(of)) of.odds.forEach((value, row) => (sum[row] = (sum[row] as number) + value));
  });
  return rocAuc(sum, labels);
}

/** Columns that say the same as one does: its odds and theirs go together this much. */
const SAME = 0.8;

/** The column and those that say the same: a leak is often there twice. */
export function alike(all: readonly ColumnOdds[], one: ColumnOdds): ColumnOdds[] {
  return all.filter((other) => other === one || correlation(one.odds, other.odds) > SAME);
}

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (of: Float64Array) => of.reduce((sum, value) => sum + value, 0) / of.length;
  const [ma, mb] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  a.forEach((value, row) => {
    const [x, y] = [value - ma, (b[row] as number) - mb];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  });
  return ab / Math.sqrt(aa * bb);
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}
