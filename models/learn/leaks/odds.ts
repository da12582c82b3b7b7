import { rocAuc } from '../metrics/ranking.ts';
import type { Column, Examples } from '../table.ts';
import type { Fold } from '../split/plan.ts';

/** Bins of a number, of as many rows each. */
const BINS = 20;
/** Up to so many different values are a bin each. */
const VALUES_MAX = 40;
/** Rows of the base rate that each bin starts with: few rows say little. */
const PRIOR_ROWS = 5;

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
export function oddsOf({ table, labels }: Examples, { train, test }: Fold): ColumnOdds[] {
  const scored = Float64Array.from(test, (row) => labels[row] as number);
  const base = train.reduce((sum, row) => sum + (labels[row] as number), 0) / train.length;
  return table.columns.map((column) => {
    const bin = binner(column, train);
    const ones = new Map<number, number>();
    const rows = new Map<number, number>();
    for (const row of train) {
      const at = bin(column.values[row] as number);
      rows.set(at, (rows.get(at) ?? 0) + 1);
      ones.set(at, (ones.get(at) ?? 0) + (labels[row] as number));
    }
    const odds = Float64Array.from(test, (row) => {
      const at = bin(column.values[row] as number);
      const share = ((ones.get(at) ?? 0) + PRIOR_ROWS * base) / ((rows.get(at) ?? 0) + PRIOR_ROWS);
      return logit(share) - logit(base);
    });
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

/** The bin of a value: its own number for categories, -1 where it is missing. */
function binner({ kind, values }: Column, train: Uint32Array): (value: number) => number {
  if (kind === 'category') return (value) => (Number.isNaN(value) ? -1 : value);
  const sorted = Float64Array.from(train, (row) => values[row] as number)
    .filter((value) => !Number.isNaN(value)).sort();
  const different = [...new Set(sorted)];
  const edges = different.length <= VALUES_MAX ? different : new Set(Array.from({ length: BINS - 1 }, (_, at) =>
    sorted[Math.floor(((at + 1) * sorted.length) / BINS)] as number));
  // A value's bin ends just above it, so that a crowd at 0 is not mixed with what is above 0.
  const uppers = [...edges].filter((edge) => edge !== undefined).sort((a, b) => a - b);
  return (value) => {
    if (Number.isNaN(value)) return -1;
    let low = 0;
    let high = uppers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((uppers[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function logit(p: number): number {
  return Math.log(p / (1 - p));
}
