import { goesLeft, treesMargin, type TreeEnsemble } from './tree-ensemble.ts';
import { depthOf, type TreeExplainer } from './tree-shap.ts';

/**
 * Exact SHAP values of trees against a background, interventional (Lundberg et al. 2020, "independent"
 * TreeSHAP): a column that is not in a coalition has the value it has in a background row, whatever
 * the others are; the mean over the background's rows. `background` is `[n, columns]`. For a pair of
 * rows, only leaves that some mixture of the two comes to are looked at.
 */
export function treeShapOnBackground(
  trees: TreeEnsemble, background: ArrayLike<number>,
): TreeExplainer {
  const columns = trees.columns.length;
  const rows = background.length / columns;
  const depth = trees.roots.reduce((most, root) => Math.max(most, depthOf(trees, root)), 0);
  const pair = new Pair(trees, depth, 1 / rows);
  let base = 0;
  for (let i = 0; i < rows; i += 1) base += treesMargin(trees, background, i * columns) / rows;
  return {
    base,
    explain(row, at, into, intoAt = 0) {
      into.fill(0, intoAt, intoAt + columns);
      for (let i = 0; i < rows; i += 1) pair.explain(row, at, background, i * columns, into, intoAt);
    },
  };
}

/** One row against one other: a walk where the two part, for each leaf the columns of either side. */
class Pair {
  readonly #side: Uint8Array; // of a column on the way here: 0 not met, 1 as the row, 2 as the other
  readonly #met: Int32Array; // those columns, in order
  readonly #gain: Float64Array; // [own, others]: what a leaf gives to each of its own columns
  readonly #loss: Float64Array; // and takes from each of the others
  readonly #size: number;
  #row: ArrayLike<number> = [];
  #at = 0;
  #other: ArrayLike<number> = [];
  #otherAt = 0;
  #into: Float64Array = new Float64Array(0);
  #intoAt = 0;

  constructor(private readonly trees: TreeEnsemble, depth: number, share: number) {
    this.#side = new Uint8Array(trees.columns.length);
    this.#met = new Int32Array(depth + 1);
    this.#size = depth + 1;
    this.#gain = new Float64Array(this.#size ** 2);
    this.#loss = new Float64Array(this.#size ** 2);
    for (let own = 0; own < this.#size; own += 1) {
      for (let others = 0; own + others < this.#size; others += 1) {
        const at = own * this.#size + others;
        if (own > 0) this.#gain[at] = share * orders(own - 1, others);
        if (others > 0) this.#loss[at] = share * orders(own, others - 1);
      }
    }
  }

  explain(
    row: ArrayLike<number>, at: number, other: ArrayLike<number>, otherAt: number,
    into: Float64Array, intoAt: number,
  ): void {
    this.#row = row;
    this.#at = at;
    this.#other = other;
    this.#otherAt = otherAt;
    this.#into = into;
    this.#intoAt = intoAt;
    for (const root of this.trees.roots) this.#down(root, 0, 0);
  }

  #down(node: number, own: number, others: number): void {
    const { trees } = this;
    const asks = trees.feature[node] as number;
    if (asks < 0) return this.#leaf(trees.value[node] as number, own, others);
    const left = trees.left[node] as number;
    const right = trees.right[node] as number;
    const side = this.#side[asks] as number;
    const mine = goesLeft(trees, node, this.#row[this.#at + asks] as number);
    const theirs = goesLeft(trees, node, this.#other[this.#otherAt + asks] as number);
    if (mine === theirs || side === 1) return this.#down(mine ? left : right, own, others);
    if (side === 2) return this.#down(theirs ? left : right, own, others);
    this.#met[own + others] = asks;
    this.#side[asks] = 1;
    this.#down(mine ? left : right, own + 1, others);
    this.#side[asks] = 2;
    this.#down(theirs ? left : right, own, others + 1);
    this.#side[asks] = 0;
  }

  #leaf(value: number, own: number, others: number): void {
    const at = own * this.#size + others;
    const gain = value * (this.#gain[at] as number);
    const loss = value * (this.#loss[at] as number);
    for (let i = 0; i < own + others; i += 1) {
      const column = this.#met[i] as number;
      const place = this.#intoAt + column;
      const add = this.#side[column] === 1 ? gain : -loss;
      this.#into[place] = (this.#into[place] as number) + add;
    }
  }
}

/** Share of orders of a + b + 1 players in which a given one comes after a given a, before the b. */
function orders(a: number, b: number): number {
  let share = 1 / (a + b + 1);
  for (let i = 1; i <= a; i += 1) share *= i / (b + i);
  return share;
}
