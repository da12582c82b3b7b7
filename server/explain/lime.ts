import { Prng } from '../core/prng.ts';
import type { Evaluate } from './evaluate.ts';
import { solveSymmetric } from './linear-solve.ts';

export interface LimeOptions {
  readonly samples: number; // rows that are made up around the row
  readonly seed: number;
  /** How near counts as near, in standard deviations of the background; .75 sqrt(features) if absent. */
  readonly width?: number;
  readonly ridge?: number; // default 1e-3 of a sample's weight
}

/** A straight line through what a model says near one row. */
export interface LocalLine {
  readonly value: number; // of the model at the row
  readonly intercept: number; // of the line, at the background's mean
  /** By feature: what one standard deviation more would change. */
  readonly slopes: Float64Array;
  /** By feature: what its distance from the background's mean adds, by the line. */
  readonly contributions: Float64Array;
  readonly fit: number; // weighted R² near the row: what share of the model the line is
}

/**
 * LIME (Ribeiro, Singh & Guestrin 2016) for tables: rows are drawn around the row, weighed by how
 * near they are, and a ridge regression on them is the explanation. Flags (columns of nothing but 0
 * and 1 in the background) are drawn as flags. Where `fit` is low, it explains little.
 */
export async function lime(
  evaluate: Evaluate, row: Float32Array, background: Float32Array, options: LimeOptions,
): Promise<LocalLine> {
  const n = row.length;
  const { samples, seed, width = 0.75 * Math.sqrt(n), ridge = 1e-3 } = options;
  const columns = Array.from({ length: n }, (_, at) => columnOf(background, at, n));
  const prng = new Prng(seed);
  const rows = new Float32Array((1 + samples) * n);
  rows.set(row);
  for (let at = n; at < rows.length; at += 1) {
    const { deviation, flag, mean } = columns[at % n] as ColumnShape;
    const here = row[at % n] as number;
    if (flag) rows[at] = prng.float() < 0.5 ? here : Number(prng.float() < mean);
    else rows[at] = here + deviation * prng.normal();
  }
  const answers = await evaluate(rows, 1 + samples);
  const scaled = Float64Array.from(rows, (value, at) => {
    const { mean, deviation } = columns[at % n] as ColumnShape;
    return deviation === 0 || Number.isNaN(value) ? 0 : (value - mean) / deviation;
  });
  const weights = Float64Array.from({ length: 1 + samples }, (_, at) => {
    let square = 0;
    for (let i = 0; i < n; i += 1) {
      square += ((scaled[at * n + i] as number) - (scaled[i] as number)) ** 2;
    }
    return Math.exp(-square / width ** 2);
  });
  const beta = ridgeLine(scaled, answers, weights, n, ridge);
  const slopes = beta.subarray(0, n);
  return {
    value: answers[0] as number,
    intercept: beta[n] as number,
    slopes: Float64Array.from(slopes),
    contributions: Float64Array.from(slopes, (slope, i) => slope * (scaled[i] as number)),
    fit: rSquare(scaled, answers, weights, beta, n),
  };
}

interface ColumnShape {
  readonly mean: number;
  readonly deviation: number;
  readonly flag: boolean;
}

function columnOf(rows: Float32Array, at: number, width: number): ColumnShape {
  const values = [];
  for (let i = at; i < rows.length; i += width) {
    if (!Number.isNaN(rows[i])) values.push(rows[i] as number);
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const flag = values.length > 0 && values.every((value) => value === 0 || value === 1);
  return { mean, flag, deviation: Math.sqrt(square / Math.max(1, values.length)) };
}

/** Weighted ridge regression; the last coefficient is the intercept, which is not shrunk. */
function ridgeLine(
  x: Float64Array, y: Float64Array, weights: Float64Array, n: number, ridge: number,
): Float64Array {
  const size = n + 1;
  const a = new Float64Array(size * size);
  const b = new Float64Array(size);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const value = (at: number, i: number): number => (i === n ? 1 : (x[at * n + i] as number));
  weights.forEach((weight, at) => {
    for (let i = 0; i < size; i += 1) {
      const scaled = weight * value(at, i);
      b[i] = (b[i] as number) + scaled * (y[at] as number);
      for (let j = 0; j < size; j += 1) {
        a[i * size + j] = (a[i * size + j] as number) + scaled * value(at, j);
      }
    }
  });
  for (let i = 0; i < n; i += 1) a[i * size + i] = (a[i * size + i] as number) + ridge * total;
  return solveSymmetric(a, b);
}

function rSquare(
  x: Float64Array, y: Float64Array, weights: Float64Array, beta: Float64Array, n: number,
): number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = weights.reduce((sum, weight, at) => sum + weight * (y[at] as number), 0) / total;
  let missed = 0;
  let spread = 0;
  weights.forEach((weight, at) => {
    let said = beta[n] as number;
    for (let i = 0; i < n; i += 1) said += (beta[i] as number) * (x[at * n + i] as number);
    missed += weight * ((y[at] as number) - said) ** 2;
    spread += weight * ((y[at] as number) - mean) ** 2;
  });
  return spread === 0 ? 1 : 1 - missed / spread;
}
