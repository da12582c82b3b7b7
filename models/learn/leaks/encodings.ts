import type { Column, Examples } from '../table.ts';
import { isBinary, largestFold, type Finding, type LeakCase } from './finding.ts';

/** Encodings may have been written as float32, or with six digits. */
const EXACT = 2e-6;
const VALUES_MIN = 3;
/** Share of the rows whose value must be explained. */
const ROWS_SHARE = 0.9;
const ROWS_MIN = 30;
/** Values that are asked for the weight of the base rate, and categories that may share one. */
const TELLERS = 5;
const SHARED_MAX = 3;

interface Cell {
  rows: number;
  ones: number;
}

/**
 * Columns of label means that scored rows are part of. Rows with the same value of such a column
 * have that very share of ones, plain or drawn to the base rate (with a weight m that is the same
 * everywhere); or, in a category, the share among its other rows, which tells each row's own label.
 * Means of the training rows alone are honest, and told apart.
 */
export function targetEncodings({ examples, plan }: LeakCase): Finding[] {
  if (!isBinary(examples)) return [];
  const { train } = largestFold(plan);
  const all = Uint32Array.from(examples.labels, (_, row) => row);
  return examples.table.columns.flatMap((column): Finding[] => {
    if (column.kind !== 'number' || !isShare(column.values)) return [];
    const how = leftOut(column, examples) ??
      (isMean(column, examples, all) && !isMean(column, examples, train)
        ? 'rows with one value have just that share of ones, scored rows counted in' : null);
    if (!how) return [];
    return [{
      rule: 'target-encoding', severity: 'fail', column: column.name, evidence: how,
      advice: 'encode within the fold, by the labels of its training rows alone',
    }];
  });
}

/** Whether values are the (drawn) label means of the rows at `at` that share them. */
function isMean({ values }: Column, { labels }: Examples, at: Uint32Array): boolean {
  const cells = new Map<number, Cell>();
  let ones = 0;
  for (const row of at) {
    const cell = cells.get(values[row] as number) ?? { rows: 0, ones: 0 };
    cell.rows += 1;
    cell.ones += labels[row] as number;
    ones += labels[row] as number;
    cells.set(values[row] as number, cell);
  }
  const base = ones / at.length;
  if (cells.size < VALUES_MIN || cells.size > at.length / 4) return false;
  const drawn = [...cells].map(([value, { rows, ones: found }]) => ({
    rows,
    // The m of value = (ones + m base) / (rows + m), and how far off it may be by rounding.
    m: (found - rows * value) / (value - base),
    slack: (rows * EXACT) / Math.abs(value - base) + 1e-3,
    plain: Math.abs(found / rows - value) < EXACT,
  }));
  const explained = (is: (cell: (typeof drawn)[number]) => boolean) =>
    drawn.reduce((sum, cell) => sum + (is(cell) ? cell.rows : 0), 0) >= ROWS_SHARE * at.length;
  if (explained(({ plain }) => plain)) return true;
  // Any of the values that tell m most exactly; two categories that share a value tell twice m.
  const tellers = drawn.filter(({ m, slack }) => m > 0.1 && slack < 0.5)
    .sort((a, b) => a.slack - b.slack).slice(0, TELLERS);
  return tellers.some((told) => explained(({ m, slack }) => {
    const times = Math.max(1, Math.round(m / told.m));
    return times <= SHARED_MAX &&
      Math.abs(m - times * told.m) <= slack + times * told.slack + 1e-3 * told.m;
  }));
}

/** Whether, in some category, each row's value is the share of ones among the others. */
function leftOut({ values }: Column, { table, labels }: Examples): string | null {
  for (const { name, kind, values: codes } of table.columns) {
    if (kind !== 'category') continue;
    const cells = new Map<number, Cell>();
    codes.forEach((code, row) => {
      const cell = cells.get(code) ?? { rows: 0, ones: 0 };
      cell.rows += 1;
      cell.ones += labels[row] as number;
      cells.set(code, cell);
    });
    let told = 0;
    let right = 0;
    codes.forEach((code, row) => {
      const { rows, ones } = cells.get(code) as Cell;
      if (rows < 2 || ones === 0 || ones === rows) return;
      told += 1;
      const others = (ones - (labels[row] as number)) / (rows - 1);
      if (Math.abs((values[row] as number) - others) < EXACT) right += 1;
    });
    if (told >= ROWS_MIN && right >= ROWS_SHARE * told) {
      return `in each ${name} a row's value is the share of ones among the other rows: the two ` +
        'values of a category tell the label';
    }
  }
  return null;
}

function isShare(values: Float64Array): boolean {
  return values.every((value) => Number.isNaN(value) || (value >= 0 && value <= 1));
}
