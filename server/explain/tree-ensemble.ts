/**
 * A sum of decision trees as flat arrays, one entry a node: what the tree learners make, the ONNX
 * writer writes and the explanations read. Laws, which `checkTrees` holds:
 *  - a tree's nodes follow each other, its root first, and a child comes after its parent;
 *  - a leaf has `feature` -1 and no children; any other node has two, and each node one parent;
 *  - thresholds and leaf values are float32, and so is every cell before it is compared
 *    (`Math.fround`): the model file, which has nothing else, then takes the same way.
 */
export interface TreeEnsemble {
  readonly columns: readonly TreeColumn[]; // what a row holds, in this order
  /** `logistic`: the sum is a log-odds, the answer a probability; `identity`: the sum itself. */
  readonly link: 'identity' | 'logistic';
  readonly base: number; // float32; added to the sum of the leaves
  readonly roots: Int32Array; // node of each tree's root, ascending
  readonly feature: Int32Array; // column that a node asks about; -1: a leaf
  readonly threshold: Float32Array; // left is `cell <= threshold`, where the node has no set
  readonly set: Int32Array; // where the node's set starts in `bits`; -1: it has none
  readonly missingLeft: Uint8Array; // 1: a missing cell goes left
  readonly left: Int32Array; // node; -1 of a leaf
  readonly right: Int32Array;
  readonly value: Float32Array; // of a leaf: its part of the sum; else the mean of those below
  readonly cover: Float64Array; // training weight that came by
  /** Sets of categories that go left, one bit each, `ceil(categories / 32)` words a set. */
  readonly bits: Uint32Array;
}

export interface TreeColumn {
  readonly name: string;
  readonly categories: number; // cells are 0 .. categories - 1; 0: a column of numbers
}

/** Whether the row's cell goes left at the node, which is no leaf. */
export function goesLeft(trees: TreeEnsemble, node: number, cell: number): boolean {
  const from = trees.set[node] as number;
  if (from < 0) {
    if (Number.isNaN(cell)) return trees.missingLeft[node] === 1;
    return Math.fround(cell) <= (trees.threshold[node] as number);
  }
  const { categories } = trees.columns[trees.feature[node] as number] as TreeColumn;
  if (!(cell >= 0 && cell < categories)) return trees.missingLeft[node] === 1; // NaN, or unknown
  return (((trees.bits[from + (cell >>> 5)] as number) >>> (cell & 31)) & 1) === 1;
}

/** The leaf that the row, a cell a column from `at` on, comes to in the tree of this root. */
export function leafOf(trees: TreeEnsemble, root: number, row: ArrayLike<number>, at = 0): number {
  let node = root;
  for (let feature = trees.feature[node] as number; feature >= 0;) {
    const left = goesLeft(trees, node, row[at + feature] as number);
    node = (left ? trees.left[node] : trees.right[node]) as number;
    feature = trees.feature[node] as number;
  }
  return node;
}

/** The base and the row's leaves, added up: a log-odds where the link is logistic. */
export function treesMargin(trees: TreeEnsemble, row: ArrayLike<number>, at = 0): number {
  let sum = trees.base;
  for (const root of trees.roots) sum += trees.value[leafOf(trees, root, row, at)] as number;
  return sum;
}

/** What the ensemble says where its leaves sum up to `margin`. */
export function treesAnswer({ link }: TreeEnsemble, margin: number): number {
  return link === 'logistic' ? 1 / (1 + Math.exp(-margin)) : margin;
}
