import type { Prng } from '../../../server/core/prng.ts';
import { shuffled } from '../split/stratified.ts';
import type { Examples } from '../table.ts';

/** Training rows that are looked through. */
const TRAIN_MAX = 20_000;

export interface Near {
  readonly row: number;
  readonly far: number; // distance, in deviations of each number
}

/** Finds the training rows of a row's own label that are nearest in its numbers. */
export class NearRows {
  /** The table's numbers in deviations of the training rows; missing values are NaN. */
  readonly columns: readonly Float64Array[];
  readonly #byLabel: readonly number[][];
  readonly #labels: Float64Array;

  constructor({ table, labels }: Examples, train: Uint32Array, prng: Prng) {
    const known = some(train, TRAIN_MAX, prng);
    this.columns = table.columns
      .filter(({ kind }) => kind === 'number')
      .map(({ values }) => inDeviations(values, known));
    this.#byLabel = [0, 1].map((label) => known.filter((row) => labels[row] === label));
    this.#labels = labels;
  }

  /** Nearest first; a missing value is as near as can be. */
  of(row: number, count: number): Near[] {
    const best: Near[] = [];
    for (const other of this.#byLabel[this.#labels[row] as number] as number[]) {
      const limit = best.length < count ? Infinity : (best.at(-1) as Near).far;
      let far = 0;
      for (const values of this.columns) {
        const gap = (values[row] as number) - (values[other] as number);
        if (!Number.isNaN(gap)) far += gap * gap;
        if (far >= limit) break;
      }
      if (far >= limit) continue;
      let at = best.length;
      while (at > 0 && (best[at - 1] as Near).far > far) at -= 1;
      best.splice(at, 0, { row: other, far });
      if (best.length > count) best.pop();
    }
    return best.map((near) => ({ row: near.row, far: Math.sqrt(near.far) }));
  }
}

/** Up to `count` of the rows, by chance. */
export function some(rows: Uint32Array, count: number, prng: Prng): number[] {
  if (rows.length <= count) return [...rows];
  return shuffled(rows.length, prng).slice(0, count).map((at) => rows[at] as number);
}

function inDeviations(values: Float64Array, rows: readonly number[]): Float64Array {
  const known = rows.map((row) => values[row] as number).filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
  const deviation = Math.sqrt(variance) || 1;
  return values.map((value) => (value - mean) / deviation);
}
