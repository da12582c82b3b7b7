import { type TreeEnsemble, goesLeft } from './tree-ensemble.ts';

/** Many explanations of one model: rows and what each feature added, both `[n, features]`. */
export interface Explained {
  readonly rows: Float32Array;
  readonly contributions: Float64Array;
  readonly features: number;
}

/** By feature: what it adds either way on average (mean |SHAP|, Lundberg et al. 2020). */
export function globalImportance({ contributions, features }: Explained): Float64Array {
  const sums = new Float64Array(features);
  contributions.forEach((part, at) => {
    sums[at % features] = (sums[at % features] as number) + Math.abs(part);
  });
  const n = contributions.length / features;
  return n === 0 ? sums : sums.map((sum) => sum / n);
}

/** What one feature's values add: a point a row, rows without a value left out. */
export interface Dependence {
  readonly values: Float64Array; // rising
  readonly contributions: Float64Array;
  /** The middle of equally many rows each: where the cloud runs. */
  readonly curve: readonly { readonly value: number; readonly contribution: number }[];
}

const CURVE_POINTS = 12;

export function dependence({ rows, contributions, features }: Explained, feature: number): Dependence {
  const n = contributions.length / features;
  const order = Array.from({ length: n }, (_, row) => row)
    .filter((row) => !Number.isNaN(rows[row * features + feature]))
    .sort((a, b) => (rows[a * features + feature] as number) - (rows[b * features + feature] as number));
  const values = Float64Array.from(order, (row) => rows[row * features + feature] as number);
  const parts = Float64Array.from(order, (row) => contributions[row * features + feature] as number);
  const distinct = [...new Set(values)];
  // Few values are points of their own: flags, counts.
  const cuts = distinct.length <= CURVE_POINTS
    ? distinct.map((value) => [values.indexOf(value), values.lastIndexOf(value) + 1] as const)
    : Array.from({ length: CURVE_POINTS }, (_, i) =>
      [Math.floor((i * values.length) / CURVE_POINTS), Math.floor(((i + 1) * values.length) / CURVE_POINTS)] as const);
  const mean = (of: Float64Array, from: number, to: number): number =>
    of.subarray(from, to).reduce((sum, value) => sum + value, 0) / (to - from);
  const curve = cuts.filter(([from, to]) => to > from).map(([from, to]) =>
    ({ value: mean(values, from, to), contribution: mean(parts, from, to) }));
  return { values, contributions: parts, curve };
}

/** One question on the way of a row through a tree, and what the tree expected before and after. */
export interface Step {
  readonly column: number;
  readonly value: number; // of the row; NaN: missing
  readonly threshold: number | null; // null: a set of categories
  readonly left: boolean;
  readonly before: number;
  readonly after: number;
}

/** The way of a row through one tree: its questions from the root to a leaf. */
export function decisionPath(trees: TreeEnsemble, tree: number, row: ArrayLike<number>): Step[] {
  const steps: Step[] = [];
  let node = trees.roots[tree] as number;
  for (let column = trees.feature[node] as number; column >= 0; column = trees.feature[node] as number) {
    const value = row[column] as number;
    const left = goesLeft(trees, node, value);
    const child = (left ? trees.left[node] : trees.right[node]) as number;
    steps.push({
      column, value, left,
      threshold: (trees.set[node] as number) < 0 ? trees.threshold[node] as number : null,
      before: trees.value[node] as number, after: trees.value[child] as number,
    });
    node = child;
  }
  return steps;
}
