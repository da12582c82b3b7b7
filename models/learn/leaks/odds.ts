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

/** AUC of the columns together, without the one at `left`. */
export function aucTogether(all: readonly ColumnOdds[], labels: Float64Array, left = -1): number {
  const sum = new Float64Array(labels.length);
  all.forEach(({ odds }, at) => {
    if (at !== left) odds.forEach((value, row) => (sum[row] = (sum[row] as number) + value));
  });
  return rocAuc(sum, labels);
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}
