import { learnedColumns, type LearnedColumn } from '../rows.ts';
import type { Table } from '../table.ts';
import { fitTransform, spread, transformed, type FittedTransform, type Transform } from './transform.ts';

/**
 * How cells become what a linear model weighs, learned from the training rows:
 *  - a number: transformed, standardised, and kept within the range it had in training, so that no
 *    answer comes from a line drawn out of sight; a missing one is the mean (0), and has an
 *    indicator of its own if training had missing ones;
 *  - a category: one indicator each; a missing or unknown one has none of them, but one of its own
 *    if training had missing ones.
 */
export interface Encoding {
  readonly columns: readonly LearnedColumn[];
  readonly numbers: readonly EncodedNumber[];
  readonly categories: readonly EncodedCategories[];
  readonly width: number; // of an encoded row, without the intercept
}

export interface EncodedNumber {
  readonly column: number;
  readonly transform: FittedTransform;
  readonly mean: number;
  readonly deviation: number; // 1 where nothing varies
  readonly least: number; // standardised, in training
  readonly most: number;
  readonly at: number; // place in an encoded row
  readonly missingAt: number; // of its indicator; -1: none
}
export interface EncodedCategories {
  readonly column: number;
  readonly count: number;
  readonly at: number; // place of the first category
  readonly missingAt: number; // -1: none
}

/** `rows` are the table's, as of `featureRows`. */
export function fitEncoding(table: Table, rows: Float32Array, transform: Transform): Encoding {
  const columns = learnedColumns(table);
  const numbers: EncodedNumber[] = [];
  const categories: EncodedCategories[] = [];
  let width = 0;
  columns.forEach((column, at) => {
    const cells = Float64Array.from(
      { length: table.rows }, (_, row) => rows[row * columns.length + at] as number);
    const present = cells.filter((cell) => !Number.isNaN(cell));
    const first = width;
    width += column.kind === 'number' ? 1 : column.categories.length;
    const missingAt = present.length < cells.length ? width++ : -1;
    if (column.kind === 'category') {
      categories.push({ column: at, count: column.categories.length, at: first, missingAt });
      return;
    }
    numbers.push({ column: at, ...standard(present, transform), at: first, missingAt });
  });
  return { columns, numbers, categories, width };
}

function standard(
  present: Float64Array, kind: Transform,
): Pick<EncodedNumber, 'transform' | 'mean' | 'deviation' | 'least' | 'most'> {
  const transform = fitTransform(kind, present);
  const values = present.map((x) => transformed(transform, x));
  const { mean, deviation } = spread(values);
  const scale = deviation > 1e-12 ? deviation : 1;
  let least = 0;
  let most = 0;
  for (const value of values) {
    least = Math.min(least, (value - mean) / scale);
    most = Math.max(most, (value - mean) / scale);
  }
  return { transform, mean, deviation: scale, least, most };
}

/** Encoded rows, row-major `[rows, width + 1]`: the last of each is 1, for the intercept. */
export function encode(encoding: Encoding, rows: Float32Array): Float64Array {
  const { columns, numbers, categories, width } = encoding;
  const count = columns.length === 0 ? 0 : rows.length / columns.length;
  const out = new Float64Array(count * (width + 1));
  for (let row = 0; row < count; row += 1) {
    const from = row * columns.length;
    const to = row * (width + 1);
    for (const number of numbers) {
      const cell = rows[from + number.column] as number;
      if (!Number.isNaN(cell)) out[to + number.at] = standardised(number, cell);
      else if (number.missingAt >= 0) out[to + number.missingAt] = 1;
    }
    for (const { column, count: known, at, missingAt } of categories) {
      const cell = rows[from + column] as number;
      if (cell >= 0 && cell < known) out[to + at + cell] = 1;
      else if (missingAt >= 0) out[to + missingAt] = 1;
    }
    out[to + width] = 1;
  }
  return out;
}

function standardised(number: EncodedNumber, cell: number): number {
  const { transform, mean, deviation, least, most } = number;
  const value = (transformed(transform, cell) - mean) / deviation;
  return Math.min(most, Math.max(least, value));
}

/** What each place of an encoded row is about, for cards and reports. */
export function encodedNames({ columns, numbers, categories, width }: Encoding): string[] {
  const names = new Array<string>(width);
  const name = (column: number): string => (columns[column] as LearnedColumn).name;
  for (const { column, at, missingAt } of numbers) {
    names[at] = name(column);
    if (missingAt >= 0) names[missingAt] = `${name(column)} missing`;
  }
  for (const { column, count, at, missingAt } of categories) {
    const { categories: texts } = columns[column] as LearnedColumn;
    for (let code = 0; code < count; code += 1) names[at + code] = `${name(column)} = ${texts[code]}`;
    if (missingAt >= 0) names[missingAt] = `${name(column)} missing`;
  }
  return names;
}
