import type { Prng } from '../../../server/core/prng.ts';
import { shuffled } from '../split/stratified.ts';
import type { Table } from '../table.ts';

/** Rows of a class that are looked through for neighbours: more cost their square. */
const CANDIDATES_MAX = 4096;

/**
 * Distances between rows of one class, as SMOTE-NC has them (Chawla et al. 2002, section 6.1):
 * numbers in units of their deviation; a category that differs counts as the median deviation, here
 * 1. A value that is missing on one side differs by 1 as well. Squared.
 */
export class Neighbours {
  readonly #columns: { readonly scaled: Float64Array; readonly category: boolean }[];
  readonly #candidates: number[];

  /** `rows` of the table are the class. */
  constructor(table: Table, rows: readonly number[], prng: Prng) {
    this.#columns = table.columns.map(({ kind, values }) => ({
      scaled: kind === 'category' ? values : inDeviations(values, rows),
      category: kind === 'category',
    }));
    this.#candidates = rows.length <= CANDIDATES_MAX
      ? [...rows]
      : shuffled(rows.length, prng).slice(0, CANDIDATES_MAX).map((at) => rows[at] as number);
  }

  /** The `count` nearest other rows, nearest first; ties go to the lower row number. */
  of(row: number, count: number): number[] {
    const best: { row: number; far: number }[] = [];
    for (const other of this.#candidates) {
      if (other === row) continue;
      const limit = best.length < count ? Infinity : (best.at(-1) as { far: number }).far;
      const far = this.#far(row, other, limit);
      if (far > limit) continue;
      best.push({ row: other, far });
      best.sort((a, b) => a.far - b.far || a.row - b.row);
      if (best.length > count) best.pop();
    }
    return best.map((found) => found.row);
  }

  /** Stops adding once past `limit`. */
  #far(a: number, b: number, limit: number): number {
    let far = 0;
    for (const { scaled, category } of this.#columns) {
      const x = scaled[a] as number;
      const y = scaled[b] as number;
      if (Number.isNaN(x) || Number.isNaN(y)) far += Number.isNaN(x) && Number.isNaN(y) ? 0 : 1;
      else if (category) far += x === y ? 0 : 1;
      else far += (x - y) ** 2;
      if (far > limit) return far;
    }
    return far;
  }
}

function inDeviations(values: Float64Array, rows: readonly number[]): Float64Array {
  const known = rows.map((row) => values[row] as number).filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
  const deviation = Math.sqrt(variance) || 1;
  return values.map((value) => value / deviation);
}
