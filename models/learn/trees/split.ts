import type { BinnedColumn } from './binning.ts';

/** Sums over rows: of gradients, of second derivatives, and how many rows there are. */
export interface Sums {
  readonly g: number;
  readonly h: number;
  readonly n: number;
}

export interface SplitRules {
  readonly l2: number; // added to the second derivatives of a side
  readonly gainMin: number; // a split must gain more
  readonly leafRowsMin: number;
  readonly leafHessianMin: number; // least second derivatives a side
  readonly categorySmooth: number; // rows of weight that pull a category towards the others
  readonly categoryL2: number; // added to `l2` where sets of categories are split
  readonly oneHot: boolean; // one category against the others, instead of sets
}

/** A question that parts a node's rows. */
export interface Split {
  readonly gain: number;
  readonly column: number;
  /** By bin, the one of missing cells included: 1 goes left. */
  readonly left: Uint8Array;
  /** Of numbers: bins up to this one are left; -1 of categories. */
  readonly bin: number;
  readonly sums: Sums; // of the left side
}

/** The best so far: what is left of `at` in the order of the bins, and its sums. */
interface Best {
  gain: number;
  at: number;
  missingLeft: boolean;
  g: number;
  h: number;
  n: number;
}

/**
 * The best split of one column by its histogram: `[g, h, n]` a bin from `from` on, missing cells
 * last. Gains are those of Newton steps with an L2 penalty (Chen & Guestrin, XGBoost, KDD 2016).
 * Null where none is allowed.
 */
export function bestSplit(
  column: number, binned: BinnedColumn, sums: Float64Array, from: number, node: Sums,
  rules: SplitRules,
): Split | null {
  return binned.binOf
    ? bestSet(column, binned.bins, sums, from, node, rules)
    : bestThreshold(column, binned.bins, sums, from, node, rules);
}

/**
 * Tries every edge with the missing cells on either side: their direction is learned. Where the node
 * has none, they would go to the larger side.
 */
function bestThreshold(
  column: number, bins: number, sums: Float64Array, from: number, node: Sums, rules: SplitRules,
): Split | null {
  const missing = from + 3 * bins;
  const gm = sums[missing] as number;
  const hm = sums[missing + 1] as number;
  const nm = sums[missing + 2] as number;
  const best: Best = { gain: rules.gainMin, at: -1, missingLeft: false, g: 0, h: 0, n: 0 };
  const whole = score(node.g, node.h, rules.l2);
  let g = 0;
  let h = 0;
  let n = 0;
  const last = nm > 0 ? bins : bins - 1; // with all bins left, only missing cells are right
  for (let bin = 0; bin < last; bin += 1) {
    const at = from + 3 * bin;
    const here = sums[at + 2] as number;
    if (here === 0) continue;
    g += sums[at] as number;
    h += sums[at + 1] as number;
    n += here;
    consider(best, bin, false, g, h, n, node, whole, rules.l2, rules);
    if (nm > 0) consider(best, bin, true, g + gm, h + hm, n + nm, node, whole, rules.l2, rules);
  }
  if (best.at < 0) return null;
  const left = new Uint8Array(bins + 1).fill(1, 0, best.at + 1);
  left[bins] = (nm > 0 ? best.missingLeft : 2 * best.n >= node.n) ? 1 : 0;
  return { gain: best.gain, column, left, bin: best.at, sums: { g: best.g, h: best.h, n: best.n } };
}

/**
 * Sets of categories: in order of their mean gradient the best set is a beginning (Fisher 1958), so
 * that one pass finds it. Missing cells are a category like the others. Categories that no row of
 * the node has go to the larger side.
 */
function bestSet(
  column: number, bins: number, sums: Float64Array, from: number, node: Sums, rules: SplitRules,
): Split | null {
  const order: number[] = [];
  for (let bin = 0; bin <= bins; bin += 1) if (sums[from + 3 * bin + 2] !== 0) order.push(bin);
  const mean = (bin: number): number =>
    (sums[from + 3 * bin] as number) / ((sums[from + 3 * bin + 1] as number) + rules.categorySmooth);
  if (!rules.oneHot) order.sort((a, b) => mean(a) - mean(b) || a - b);
  const l2 = rules.l2 + rules.categoryL2;
  const whole = score(node.g, node.h, l2);
  const best: Best = { gain: rules.gainMin, at: -1, missingLeft: false, g: 0, h: 0, n: 0 };
  let g = 0;
  let h = 0;
  let n = 0;
  for (let at = 0; at < order.length; at += 1) {
    if (rules.oneHot) g = h = n = 0;
    else if (at === order.length - 1) break;
    const cell = from + 3 * (order[at] as number);
    g += sums[cell] as number;
    h += sums[cell + 1] as number;
    n += sums[cell + 2] as number;
    consider(best, at, false, g, h, n, node, whole, l2, rules);
  }
  if (best.at < 0) return null;
  const left = new Uint8Array(bins + 1).fill(2 * best.n >= node.n ? 1 : 0);
  order.forEach((bin, at) => {
    left[bin] = (rules.oneHot ? at === best.at : at <= best.at) ? 1 : 0;
  });
  return { gain: best.gain, column, left, bin: -1, sums: { g: best.g, h: best.h, n: best.n } };
}

function consider(
  best: Best, at: number, missingLeft: boolean, g: number, h: number, n: number, node: Sums,
  whole: number, l2: number, rules: SplitRules,
): void {
  const { leafRowsMin, leafHessianMin } = rules;
  if (n < leafRowsMin || node.n - n < leafRowsMin) return;
  if (h < leafHessianMin || node.h - h < leafHessianMin) return;
  const gain = score(g, h, l2) + score(node.g - g, node.h - h, l2) - whole;
  if (!(gain > best.gain)) return;
  best.gain = gain;
  best.at = at;
  best.missingLeft = missingLeft;
  best.g = g;
  best.h = h;
  best.n = n;
}

/** Half of it is what the loss falls by where a leaf takes these rows' best value. */
export function score(g: number, h: number, l2: number): number {
  return (g * g) / (h + l2);
}
