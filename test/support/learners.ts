import type { Learner } from '../../models/learn/learner.ts';
import type { Column, Examples, Table } from '../../models/learn/table.ts';

/** Learners that are small enough to be sure of. */

/** Says the base rate to everybody. */
export const baseRate: Learner = {
  name: 'base rate',
  fit({ labels, weights }) {
    let ones = 0;
    let all = 0;
    labels.forEach((label, row) => {
      ones += label * (weights?.[row] ?? 1);
      all += weights?.[row] ?? 1;
    });
    return { predict: ({ rows }) => new Float64Array(rows).fill(ones / all) };
  },
};

/** Share of ones among the `k` nearest rows, numbers in deviations; missing values are 0. */
export function nearest(k: number): Learner {
  return {
    name: `${k} nearest`,
    fit({ table, labels }) {
      const scales = table.columns.map(({ values }) => deviation(values));
      const known = rowsOf(table, scales);
      return {
        predict: (asked) => Float64Array.from(rowsOf(asked, scales), (row) => {
          const far = known.map((other, at) => ({ at, far: distance(row, other) }));
          far.sort((a, b) => a.far - b.far || a.at - b.at);
          return far.slice(0, k).reduce((sum, { at }) => sum + (labels[at] as number), 0) / k;
        }),
      };
    },
  };
}

/** Logistic regression on standardised numbers, by gradient steps; categories one-hot. */
export function logistic(steps = 300, rate = 1): Learner {
  return {
    name: 'logistic',
    fit({ table, labels, weights }) {
      const encode = encoder(table);
      const rows = encode(table);
      const width = rows[0]?.length ?? 0;
      const w = new Float64Array(width);
      let bias = 0;
      const all = labels.reduce((sum, _, row) => sum + (weights?.[row] ?? 1), 0);
      for (let step = 0; step < steps; step += 1) {
        const slope = new Float64Array(width);
        let slopeBias = 0;
        rows.forEach((row, at) => {
          const miss = (sigmoid(dot(w, row) + bias) - (labels[at] as number)) * (weights?.[at] ?? 1);
          slopeBias += miss;
          row.forEach((x, j) => (slope[j] = (slope[j] as number) + miss * x));
        });
        bias -= (rate * slopeBias) / all;
        slope.forEach((g, j) => (w[j] = (w[j] as number) - (rate * g) / all));
      }
      return {
        predict: (asked) => Float64Array.from(encode(asked), (row) => sigmoid(dot(w, row) + bias)),
      };
    },
  };
}

/** Keeps what it was given, and says the base rate. */
export function spy(seen: Examples[]): Learner {
  return {
    name: 'spy',
    fit(examples, seed) {
      seen.push(examples);
      return baseRate.fit(examples, seed);
    },
  };
}

function encoder(of: Table): (table: Table) => number[][] {
  const cells = of.columns.map(({ kind, values, categories: known }) => {
    const scale = deviation(values);
    const mean = meanOf(values);
    return (value: number) => kind === 'category'
      ? (known ?? []).map((_, code) => (code === value ? 1 : 0))
      : [Number.isNaN(value) ? 0 : (value - mean) / scale];
  });
  return ({ rows, columns }) => Array.from({ length: rows }, (_, row) =>
    columns.flatMap((column, at) => cells[at]!(column.values[row] as number)));
}

function rowsOf({ rows, columns }: Table, scales: readonly number[]): number[][] {
  return Array.from({ length: rows }, (_, row) => columns.map((column: Column, at) => {
    const value = column.values[row] as number;
    return Number.isNaN(value) ? 0 : value / (scales[at] as number);
  }));
}

function deviation(values: Float64Array): number {
  const mean = meanOf(values);
  const known = values.filter((value) => !Number.isNaN(value));
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / known.length;
  return Math.sqrt(variance) || 1;
}

function meanOf(values: Float64Array): number {
  const known = values.filter((value) => !Number.isNaN(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, at) => sum + (x - (b[at] as number)) ** 2, 0);
}

function dot(w: Float64Array, row: readonly number[]): number {
  return row.reduce((sum, x, at) => sum + x * (w[at] as number), 0);
}

function sigmoid(z: number): number {
  return 1 / (1 + Math.exp(-z));
}
