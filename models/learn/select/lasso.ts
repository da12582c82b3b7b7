import type { EncodedColumn } from './stability.ts';

const STEPS = 60; // penalties on the way from none chosen to a thousandth of that
const SWEEPS = 30;
const SMALL = 1e-6;

/**
 * The first so many columns that the lasso of the labels takes up as its penalty falls, by `owner`. By
 * coordinate descent on correlations (Friedman, Hastie & Tibshirani 2010), so that a step does not look
 * at rows.
 */
export function lassoFirst(
  design: readonly EncodedColumn[], labels: Float64Array, rows: readonly number[], wanted: number,
): Set<number> {
  const columns = design.map(({ values }) => standardised(rows.map((row) => values[row] as number)));
  const target = standardised(rows.map((row) => labels[row] as number));
  const width = columns.length;
  const gram = new Float64Array(width * width);
  for (let i = 0; i < width; i++) {
    for (let j = 0; j <= i; j++) {
      gram[i * width + j] = dot(columns[i] as Float64Array, columns[j] as Float64Array);
      gram[j * width + i] = gram[i * width + j] as number;
    }
  }
  const pull = Float64Array.from(columns, (column) => dot(column, target));
  const weights = new Float64Array(width);
  const first = new Set<number>();
  let penalty = pull.reduce((most, one) => Math.max(most, Math.abs(one)), 0);
  const factor = 1000 ** (-1 / STEPS);
  for (let step = 0; step < STEPS && first.size < wanted && penalty > SMALL; step++) {
    penalty *= factor;
    descend(gram, pull, weights, penalty);
    // Of one step the strongest first, so that no more than what is wanted come in.
    const entered = [...weights.keys()].filter((i) => weights[i] !== 0)
      .sort((a, b) => Math.abs(weights[b] as number) - Math.abs(weights[a] as number));
    for (const i of entered) if (first.size < wanted) first.add((design[i] as EncodedColumn).owner);
  }
  return first;
}

function descend(gram: Float64Array, pull: Float64Array, weights: Float64Array, penalty: number): void {
  const width = weights.length;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let moved = 0;
    for (let i = 0; i < width; i++) {
      const own = gram[i * width + i] as number;
      if (own < SMALL) continue; // the same in every row
      let rest = pull[i] as number;
      for (let j = 0; j < width; j++) {
        if (j !== i && weights[j] !== 0) rest -= (gram[i * width + j] as number) * (weights[j] as number);
      }
      const next = Math.sign(rest) * Math.max(0, Math.abs(rest) - penalty) / own;
      moved = Math.max(moved, Math.abs(next - (weights[i] as number)));
      weights[i] = next;
    }
    if (moved < 1e-4) return;
  }
}

/** Mean 0 and length 1; zeros where all are alike. */
function standardised(values: readonly number[]): Float64Array {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const centred = Float64Array.from(values, (value) => value - mean);
  const length = Math.sqrt(dot(centred, centred));
  return length > SMALL ? centred.map((value) => value / length) : centred.fill(0);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
