import { Prng } from '../../../server/core/prng.ts';

export interface Interval {
  readonly value: number; // on the rows as they are
  readonly low: number;
  readonly high: number;
}

export interface BootstrapOptions {
  readonly seed: number;
  readonly rounds?: number; // 200; at least 2
  readonly level?: number; // .95, of the interval
}

/**
 * The percentile bootstrap (Efron 1979): the statistic of as many rows drawn with repetition, over
 * and over, and the interval that holds the middle `level` of its values. `statistic` gets row
 * numbers, so that it may compare two models on the same draw. Draws on which it is NaN (one label
 * only) are left out.
 */
export function bootstrap(
  rows: number, statistic: (at: Uint32Array) => number, options: BootstrapOptions,
): Interval {
  const { seed, rounds = 200, level = 0.95 } = options;
  const prng = new Prng(seed);
  const at = new Uint32Array(rows);
  const values: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < rows; i += 1) at[i] = prng.below(rows);
    const value = statistic(at);
    if (!Number.isNaN(value)) values.push(value);
  }
  values.sort((a, b) => a - b);
  return {
    value: statistic(at.map((_, i) => i)),
    low: quantile(values, (1 - level) / 2),
    high: quantile(values, (1 + level) / 2),
  };
}

/** The numbers at `at`, in that order: what a statistic of drawn rows starts from. */
export function pick(values: ArrayLike<number>, at: Uint32Array): Float64Array {
  return Float64Array.from(at, (row) => values[row] as number);
}

/** Linear between neighbours; NaN of nothing. */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const low = sorted[Math.floor(place)] ?? NaN;
  const high = sorted[Math.ceil(place)] ?? NaN;
  return low + (high - low) * (place - Math.floor(place));
}
