import { Prng } from '../../../server/core/prng.ts';
import type { Fitted } from '../learner.ts';
import type { Column, Examples } from '../table.ts';

export interface Importance {
  readonly mean: number; // of what the score loses, over repeats
  readonly deviation: number; // among them
}

/** Higher is better. */
export type Score = (predicted: Float64Array, labels: Float64Array) => number;

/**
 * What a score loses when a column's values are shuffled among the rows (Breiman 2001), one a column.
 * Of rows that the model did not learn from. Columns that say the same share: shuffling one of them
 * costs little while the other is there.
 */
export function permutationImportance(
  fitted: Fitted, examples: Examples, score: Score, { repeats = 5, seed = 1 } = {},
): Importance[] {
  const { table, labels } = examples;
  const prng = new Prng(seed);
  const whole = score(fitted.predict(table), labels);
  return table.columns.map((column, at) => {
    if (isConstant(column)) return { mean: 0, deviation: 0 };
    const losses = Array.from({ length: repeats }, () => {
      const columns: Column[] = [...table.columns];
      columns[at] = { ...column, values: shuffled(column.values, prng) };
      return whole - score(fitted.predict({ ...table, columns }), labels);
    });
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / repeats;
    const square = losses.reduce((sum, loss) => sum + (loss - mean) ** 2, 0);
    return { mean, deviation: Math.sqrt(square / Math.max(1, repeats - 1)) };
  });
}

function isConstant({ values }: Column): boolean {
  return values.every((value) => Object.is(value, values[0]));
}

function shuffled(values: Float64Array, prng: Prng): Float64Array {
  const out = values.slice();
  for (let i = out.length - 1; i > 0; i--) {
    const other = prng.uint32() % (i + 1);
    const value = out[i] as number;
    out[i] = out[other] as number;
    out[other] = value;
  }
  return out;
}
