import { Prng } from '../../../server/core/prng.ts';
import type { Column, Examples } from '../table.ts';
import { lassoFirst } from './lasso.ts';

export interface Stability {
  /** In how many of the samples each column was chosen, 0..1. */
  readonly shares: Float64Array;
  readonly chosen: number; // columns a sample chooses
  /** Columns that say nothing and yet pass `threshold`: so many at most are expected. */
  readonly falseMax: number;
  readonly threshold: number;
}

export interface StabilityOptions {
  readonly samples?: number; // 50, each of half of the rows
  readonly chosen?: number; // 12: columns that a sample chooses
  readonly threshold?: number; // .75: in how many samples, to be taken for stable; above .5
  readonly seed?: number;
}

/**
 * Stability selection (Meinshausen & Bühlmann 2010): the lasso chooses the first columns of its path on
 * many halves of the rows, and what is chosen nearly always is no accident. Their theorem 1 bounds how
 * many columns without any say may pass. With groups, halves are of whole groups.
 */
export function stabilitySelection(examples: Examples, options: StabilityOptions = {}): Stability {
  const { samples = 50, chosen = 12, threshold = 0.75, seed = 1 } = options;
  const { labels, groups, table } = examples;
  const design = encoded(table.columns);
  const prng = new Prng(seed);
  const groupCount = groups ? groups.reduce((most, group) => Math.max(most, group), 0) + 1 : table.rows;
  const shares = new Float64Array(table.columns.length);
  for (let sample = 0; sample < samples; sample++) {
    const taken = Uint8Array.from({ length: groupCount }, () => prng.uint32() & 1);
    const rows: number[] = [];
    for (let row = 0; row < table.rows; row++) if (taken[groups?.[row] ?? row] === 1) rows.push(row);
    for (const owner of lassoFirst(design, labels, rows, chosen)) shares[owner]! += 1 / samples;
  }
  const falseMax = chosen ** 2 / ((2 * threshold - 1) * table.columns.length);
  return { shares, chosen, falseMax, threshold };
}

/** Columns that a straight line can use, and the column of the table that each is made of. */
export interface EncodedColumn {
  readonly owner: number;
  readonly values: Float64Array; // finite
}

const SHARE_MIN = 0.01; // a category of fewer rows has no column of its own

/** Numbers by their ranks, missing in the middle; whether they are missing; categories one by one. */
function encoded(columns: readonly Column[]): EncodedColumn[] {
  return columns.flatMap(({ kind, values, categories = [] }, owner): EncodedColumn[] => {
    const rows = values.length;
    if (kind === 'category') {
      const counts = new Float64Array(categories.length);
      for (const value of values) if (!Number.isNaN(value)) counts[value]! += 1;
      return categories.flatMap((_, code) => ((counts[code] as number) < SHARE_MIN * rows ? [] : [
        { owner, values: values.map((value) => Number(value === code)) },
      ]));
    }
    const ranks = { owner, values: ranked(values) };
    if (!values.some(Number.isNaN)) return [ranks];
    return [ranks, { owner, values: values.map((value) => Number(Number.isNaN(value))) }];
  });
}

/** Shares of the values below, ties in their middle: outliers have no more weight than others. */
function ranked(values: Float64Array): Float64Array {
  const order = Uint32Array.from(values.keys()).filter((row) => !Number.isNaN(values[row]))
    .sort((a, b) => (values[a] as number) - (values[b] as number));
  const out = new Float64Array(values.length).fill(0.5);
  for (let from = 0; from < order.length;) {
    let end = from;
    while (end < order.length && values[order[end] as number] === values[order[from] as number]) end += 1;
    for (let i = from; i < end; i++) out[order[i] as number] = (from + end) / 2 / order.length;
    from = end;
  }
  return out;
}
