import { goesLeft, type TreeEnsemble } from './tree-ensemble.ts';

/** Explains rows of one ensemble: what each column adds to its margin, the sum before the link. */
export interface TreeExplainer {
  /** The margin that is explained from: the mean over what the trees learned from, or a background. */
  readonly base: number;
  /** Adds nothing: writes the row's contributions, one a column, over `into` from `intoAt` on. */
  explain(row: ArrayLike<number>, at: number, into: Float64Array, intoAt?: number): void;
}

/**
 * Exact SHAP values of trees in polynomial time, path-dependent (Lundberg, Erion & Lee 2018, algorithm
 * 2; Lundberg et al. 2020): what a column would say where it is not known is weighed by how the
 * training rows went. O(leaves * depth²) a row and tree. Base + contributions = `treesMargin`.
 */
export function treeShap(trees: TreeEnsemble): TreeExplainer {
  const walk = new Walk(trees);
  const columns = trees.columns.length;
  const base = trees.roots.reduce((sum, root) => sum + expectedValue(trees, root), trees.base);
  return {
    base,
    explain(row, at, into, intoAt = 0) {
      into.fill(0, intoAt, intoAt + columns);
      for (const root of trees.roots) walk.tree(root, row, at, into, intoAt);
    },
  };
}

/** The mean of the leaves below a node, weighed by cover: what the tree says of a row it can't see. */
export function expectedValue(trees: TreeEnsemble, node: number): number {
  if ((trees.feature[node] as number) < 0) return trees.value[node] as number;
  const left = trees.left[node] as number;
  const right = trees.right[node] as number;
  const share = leftShare(trees, node);
  return share * expectedValue(trees, left) + (1 - share) * expectedValue(trees, right);
}

/** Share of the training weight at a node that went left; half where there was none. */
function leftShare(trees: TreeEnsemble, node: number): number {
  const left = trees.cover[trees.left[node] as number] as number;
  const right = trees.cover[trees.right[node] as number] as number;
  return left + right > 0 ? left / (left + right) : 0.5;
}

/**
 * One walk down all branches of a tree, with the columns met on the way: of each, the share of
 * coalitions without it that come this way (`zero`), whether those with it do (`one`), and `weight`,
 * the summed share of orders by coalition size. Each depth has its own stretch of the arrays.
 */
class Walk {
  readonly #column: Int32Array;
  readonly #zero: Float64Array;
  readonly #one: Float64Array;
  readonly #weight: Float64Array;
  readonly #leftShare: Float64Array;
  #row: ArrayLike<number> = [];
  #at = 0;
  #into: Float64Array = new Float64Array(0);
  #intoAt = 0;

  constructor(private readonly trees: TreeEnsemble) {
    const depth = trees.roots.reduce((most, root) => Math.max(most, depthOf(trees, root)), 0) + 2;
    const room = ((depth + 1) * (depth + 2)) / 2 + depth;
    this.#column = new Int32Array(room);
    this.#zero = new Float64Array(room);
    this.#one = new Float64Array(room);
    this.#weight = new Float64Array(room);
    this.#leftShare = Float64Array.from(trees.feature, (feature, node) =>
      feature < 0 ? 0 : leftShare(trees, node));
  }

  tree(root: number, row: ArrayLike<number>, at: number, into: Float64Array, intoAt: number): void {
    this.#row = row;
    this.#at = at;
    this.#into = into;
    this.#intoAt = intoAt;
    this.#down(root, 0, 0, 1, 1, -1);
  }

  /** `from` is where this depth's stretch begins; it holds `length` entries of the depth above. */
  #down(node: number, from: number, length: number, zero: number, one: number, column: number): void {
    const { trees } = this;
    this.#extend(from, length, zero, one, column);
    const asks = trees.feature[node] as number;
    if (asks < 0) return this.#leaf(from, length, trees.value[node] as number);
    const goes = goesLeft(trees, node, this.#row[this.#at + asks] as number);
    const hot = (goes ? trees.left[node] : trees.right[node]) as number;
    const cold = (goes ? trees.right[node] : trees.left[node]) as number;
    const share = this.#leftShare[node] as number;
    const hotShare = goes ? share : 1 - share;
    let entries = length + 1;
    let zeroBefore = 1;
    let oneBefore = 1;
    const met = this.#find(from, entries, asks);
    if (met >= 0) { // a column has one entry, however often it is asked about
      zeroBefore = this.#zero[from + met] as number;
      oneBefore = this.#one[from + met] as number;
      this.#unwind(from, entries, met);
      entries -= 1;
    }
    const next = from + entries; // the children's stretch is behind this one's
    if (hotShare * zeroBefore > 0 || oneBefore > 0) {
      this.#copy(from, next, entries);
      this.#down(hot, next, entries, hotShare * zeroBefore, oneBefore, asks);
    }
    if (hotShare < 1 && zeroBefore > 0) {
      this.#copy(from, next, entries);
      this.#down(cold, next, entries, (1 - hotShare) * zeroBefore, 0, asks);
    }
  }

  #copy(from: number, to: number, count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.#column[to + i] = this.#column[from + i] as number;
      this.#zero[to + i] = this.#zero[from + i] as number;
      this.#one[to + i] = this.#one[from + i] as number;
      this.#weight[to + i] = this.#weight[from + i] as number;
    }
  }

  #find(from: number, count: number, column: number): number {
    for (let i = 1; i < count; i += 1) if (this.#column[from + i] === column) return i;
    return -1;
  }

  /** EXTEND of the paper: coalitions grow by one column. */
  #extend(from: number, length: number, zero: number, one: number, column: number): void {
    const weight = this.#weight;
    const last = from + length;
    this.#column[last] = column;
    this.#zero[last] = zero;
    this.#one[last] = one;
    weight[last] = length === 0 ? 1 : 0;
    for (let i = length - 1; i >= 0; i -= 1) {
      const here = weight[from + i] as number;
      weight[from + i + 1] = (weight[from + i + 1] as number) + (one * here * (i + 1)) / (length + 1);
      weight[from + i] = (zero * here * (length - i)) / (length + 1);
    }
  }

  /** UNWIND: takes entry `at` out again, as if it had never been added. */
  #unwind(from: number, count: number, at: number): void {
    const weight = this.#weight;
    const length = count - 1;
    const one = this.#one[from + at] as number;
    const zero = this.#zero[from + at] as number;
    let next = weight[from + length] as number;
    for (let i = length - 1; i >= 0; i -= 1) {
      const here = weight[from + i] as number;
      if (one !== 0) {
        weight[from + i] = (next * (length + 1)) / ((i + 1) * one);
        next = here - ((weight[from + i] as number) * zero * (length - i)) / (length + 1);
      } else {
        weight[from + i] = (here * (length + 1)) / (zero * (length - i));
      }
    }
    for (let i = at; i < length; i += 1) {
      this.#column[from + i] = this.#column[from + i + 1] as number;
      this.#zero[from + i] = this.#zero[from + i + 1] as number;
      this.#one[from + i] = this.#one[from + i + 1] as number;
    }
  }

  /** What the weights would sum up to without entry `at`. */
  #unwoundSum(from: number, length: number, at: number): number {
    const weight = this.#weight;
    const one = this.#one[from + at] as number;
    const zero = this.#zero[from + at] as number;
    let next = weight[from + length] as number;
    let sum = 0;
    for (let i = length - 1; i >= 0; i -= 1) {
      const here = weight[from + i] as number;
      if (one !== 0) {
        const without = (next * (length + 1)) / ((i + 1) * one);
        sum += without;
        next = here - (without * zero * (length - i)) / (length + 1);
      } else {
        sum += (here * (length + 1)) / (zero * (length - i));
      }
    }
    return sum;
  }

  #leaf(from: number, length: number, value: number): void {
    for (let i = 1; i <= length; i += 1) {
      const difference = (this.#one[from + i] as number) - (this.#zero[from + i] as number);
      const at = this.#intoAt + (this.#column[from + i] as number);
      const add = this.#unwoundSum(from, length, i) * difference * value;
      this.#into[at] = (this.#into[at] as number) + add;
    }
  }
}

export function depthOf(trees: TreeEnsemble, node: number): number {
  if ((trees.feature[node] as number) < 0) return 0;
  const left = depthOf(trees, trees.left[node] as number);
  return 1 + Math.max(left, depthOf(trees, trees.right[node] as number));
}
