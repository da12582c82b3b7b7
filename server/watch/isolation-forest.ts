import { Prng } from '../core/prng.ts';

const EULER = 0.5772156649015329;

export interface ForestOptions {
  readonly trees: number;
  readonly sample: number; // rows that each tree sees
  readonly seed: number;
}

export const FOREST_DEFAULTS: ForestOptions = { trees: 100, sample: 256, seed: 1 };

/** A split, or (column -1) a leaf, whose `depth` is its own and what its rows would still take. */
interface Node {
  readonly column: number;
  readonly at: number;
  readonly left: number;
  readonly right: number;
  readonly depth: number;
}

/**
 * Isolation forest (Liu, Ting & Zhou 2008): rows that few random splits set apart from a sample are
 * unlike it. Scores lie in (0, 1): about .5 is ordinary, towards 1 an anomaly. NaN counts as smaller
 * than everything.
 */
export class IsolationForest {
  readonly #trees: readonly (readonly Node[])[];
  readonly #usual: number; // c(n): mean depth in a tree of so many rows

  /** `rows` is row-major, `[count, columns]`, at least two rows. */
  constructor(rows: Float32Array, columns: number, options: ForestOptions = FOREST_DEFAULTS) {
    const count = rows.length / columns;
    if (!Number.isInteger(count) || count < 2) {
      throw new RangeError(`${rows.length} values are not two rows or more of ${columns} columns`);
    }
    const prng = new Prng(options.seed);
    const size = Math.min(options.sample, count);
    const depthMax = Math.ceil(Math.log2(size));
    this.#usual = usualDepth(size);
    this.#trees = Array.from({ length: options.trees }, () =>
      grow(rows, columns, draw(count, size, prng), depthMax, prng));
  }

  score(row: ArrayLike<number>): number {
    let depth = 0;
    for (const tree of this.#trees) {
      let node = tree[0] as Node;
      while (node.column >= 0) {
        const value = valueAt(row, node.column);
        node = tree[value < node.at ? node.left : node.right] as Node;
      }
      depth += node.depth;
    }
    return 2 ** (-depth / this.#trees.length / this.#usual);
  }
}

/** Mean depth of an unsuccessful search in a binary tree of `rows`: the paper's c(n). */
export function usualDepth(rows: number): number {
  if (rows <= 1) return 0;
  if (rows === 2) return 1;
  return 2 * (Math.log(rows - 1) + EULER) - (2 * (rows - 1)) / rows;
}

function grow(
  rows: Float32Array, columns: number, members: Uint32Array, depthMax: number, prng: Prng,
): Node[] {
  const nodes: Node[] = [];
  const add = (of: Uint32Array, depth: number): number => {
    const id = nodes.length;
    nodes.push(leaf(depth + usualDepth(of.length)));
    const split = depth < depthMax ? chooseSplit(rows, columns, of, prng) : null;
    if (!split) return id;
    const { column, at } = split;
    const isLeft = (row: number): boolean => valueAt(rows, row * columns + column) < at;
    const left = add(of.filter(isLeft), depth + 1);
    const right = add(of.filter((row) => !isLeft(row)), depth + 1);
    nodes[id] = { column, at, left, right, depth };
    return id;
  };
  add(members, 0);
  return nodes;
}

function leaf(depth: number): Node {
  return { column: -1, at: 0, left: 0, right: 0, depth };
}

/** A column in which these rows differ, and a place between its ends; null: they are all alike. */
function chooseSplit(
  rows: Float32Array, columns: number, members: Uint32Array, prng: Prng,
): { column: number; at: number } | null {
  const first = prng.below(columns);
  for (let step = 0; step < columns; step += 1) {
    const column = (first + step) % columns;
    let [least, most] = [Infinity, -Infinity];
    for (const row of members) {
      const value = valueAt(rows, row * columns + column);
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    if (least < most) return { column, at: most - prng.float() * (most - least) };
  }
  return null;
}

/** Missing values are below all others, and finite, so that ranges have a length. */
function valueAt(values: ArrayLike<number>, at: number): number {
  const value = values[at] as number;
  return Number.isNaN(value) ? -3.4e38 : value;
}

/** `size` of 0..count-1 without repeats (Floyd's sample). */
function draw(count: number, size: number, prng: Prng): Uint32Array {
  const chosen = new Set<number>();
  for (let end = count - size; end < count; end += 1) {
    const at = prng.below(end + 1);
    chosen.add(chosen.has(at) ? end : at);
  }
  return Uint32Array.from(chosen);
}
