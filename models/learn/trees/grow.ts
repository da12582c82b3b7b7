import type { Prng } from '../../../server/core/prng.ts';
import type { BinnedColumn } from './binning.ts';
import { Histograms } from './histogram.ts';
import { randomSplit } from './random-split.ts';
import { bestSplit, type Split, type SplitRules, type Sums } from './split.ts';

export interface GrowRules extends SplitRules {
  readonly leavesMax: number; // Infinity: until nothing gains
  readonly depthMax: number; // of splits above a leaf
  /** Columns drawn anew for each node, as forests do; Infinity: all. */
  readonly nodeColumns: number;
  readonly randomEdges: boolean; // extra-trees
}

/** A tree over binned cells; a child comes after its parent. */
export interface GrownTree {
  readonly nodes: readonly GrownNode[];
}
export interface GrownNode {
  readonly sums: Sums;
  readonly rows: Uint32Array; // training rows that came here
  split: Split | null; // null: a leaf
  left: number;
  right: number;
}

interface Open {
  readonly node: number;
  readonly depth: number;
  readonly split: Split;
  readonly sums: Float64Array | null; // null where each node has columns of its own
}

/**
 * Grows a tree best leaf first (Shi 2007; LightGBM): the leaf whose split gains most is split next,
 * until there are `leavesMax`. Only the smaller child's histogram is counted, the other's is the
 * difference.
 */
export class Grower {
  readonly #histograms: Histograms;

  constructor(
    private readonly columns: readonly BinnedColumn[],
    private readonly codes: readonly Uint8Array[],
    private readonly rules: GrowRules,
  ) {
    this.#histograms = new Histograms(columns, codes);
  }

  /** `rows` learn, by their gradients and second derivatives; `among` are the columns allowed. */
  grow(
    rows: Uint32Array, g: Float64Array, h: Float64Array, among: readonly number[], prng: Prng,
  ): GrownTree {
    const { leavesMax, depthMax } = this.rules;
    const sample = this.rules.nodeColumns < among.length;
    const nodes: GrownNode[] = [];
    const open: Open[] = [];
    const add = (part: Uint32Array, sums: Sums): number =>
      nodes.push({ sums, rows: part, split: null, left: -1, right: -1 }) - 1;
    /** Looks for the node's split; its histogram is made here where it was not handed down. */
    const consider = (node: number, depth: number, known: Float64Array | null): void => {
      const { rows: part, sums } = nodes[node] as GrownNode;
      const hopeless = depth >= depthMax || part.length < 2 * this.rules.leafRowsMin;
      const columns = sample && !hopeless ? draw(among, this.rules.nodeColumns, prng) : among;
      if (this.rules.randomEdges) {
        const split = hopeless ? null : this.#random(part, g, h, columns, sums, prng);
        if (split) open.push({ node, depth, split, sums: null });
        return;
      }
      const histogram = known ?? (hopeless ? null : this.#histograms.of(part, g, h, columns));
      const split = hopeless || !histogram ? null : this.#best(histogram, columns, sums);
      if (split) open.push({ node, depth, split, sums: sample ? null : histogram });
      if (histogram && (!split || sample)) this.#histograms.give(histogram);
    };

    consider(add(rows, total(rows, g, h)), 0, null);
    for (let leaves = 1; leaves < leavesMax && open.length > 0; leaves += 1) {
      const { node, depth, split, sums } = next(open, leavesMax);
      const parent = nodes[node] as GrownNode;
      const [left, right] = part(parent.rows, this.codes[split.column] as Uint8Array, split.left);
      parent.split = split;
      parent.left = add(left, split.sums);
      parent.right = add(right, minus(parent.sums, split.sums));
      if (leaves + 1 === leavesMax) { // the children stay leaves
        if (sums) this.#histograms.give(sums);
      } else if (!sums) {
        consider(parent.left, depth + 1, null);
        consider(parent.right, depth + 1, null);
      } else {
        const leftIsLess = left.length <= right.length;
        const less = this.#histograms.of(leftIsLess ? left : right, g, h, among);
        this.#histograms.subtract(sums, less, among);
        consider(parent.left, depth + 1, leftIsLess ? less : sums);
        consider(parent.right, depth + 1, leftIsLess ? sums : less);
      }
    }
    for (const { sums } of open) if (sums) this.#histograms.give(sums);
    return { nodes };
  }

  #best(histogram: Float64Array, columns: readonly number[], node: Sums): Split | null {
    let best: Split | null = null;
    for (const column of columns) {
      const binned = this.columns[column] as BinnedColumn;
      const from = this.#histograms.starts[column] as number;
      const split = bestSplit(column, binned, histogram, from, node, this.rules);
      if (split && (!best || split.gain > best.gain)) best = split;
    }
    return best;
  }

  #random(
    rows: Uint32Array, g: Float64Array, h: Float64Array, columns: readonly number[], node: Sums,
    prng: Prng,
  ): Split | null {
    let best: Split | null = null;
    for (const column of columns) {
      const binned = this.columns[column] as BinnedColumn;
      const codes = this.codes[column] as Uint8Array;
      const split = randomSplit(column, binned, codes, rows, g, h, node, this.rules, prng);
      if (split && (!best || split.gain > best.gain)) best = split;
    }
    return best;
  }
}

/** The leaf to split next: the one that gains most; any, where all will be split in the end. */
function next(open: Open[], leavesMax: number): Open {
  let best = open.length - 1;
  if (leavesMax !== Infinity) {
    for (let at = best - 1; at >= 0; at -= 1) {
      if ((open[at] as Open).split.gain > (open[best] as Open).split.gain) best = at;
    }
  }
  return open.splice(best, 1)[0] as Open;
}

/** Both sides keep the order of the rows. */
function part(
  rows: Uint32Array, codes: Uint8Array, goesLeft: Uint8Array,
): readonly [Uint32Array, Uint32Array] {
  const left = new Uint32Array(rows.length);
  const right = new Uint32Array(rows.length);
  let lefts = 0;
  let rights = 0;
  for (let i = 0; i < rows.length; i += 1) {
    const row = rows[i] as number;
    if (goesLeft[codes[row] as number] === 1) left[lefts++] = row;
    else right[rights++] = row;
  }
  return [left.subarray(0, lefts), right.subarray(0, rights)];
}

function total(rows: Uint32Array, g: Float64Array, h: Float64Array): Sums {
  let sumG = 0;
  let sumH = 0;
  for (const row of rows) {
    sumG += g[row] as number;
    sumH += h[row] as number;
  }
  return { g: sumG, h: sumH, n: rows.length };
}

function minus(all: Sums, part: Sums): Sums {
  return { g: all.g - part.g, h: all.h - part.h, n: all.n - part.n };
}

/** `count` different ones of `among`, by chance. */
function draw(among: readonly number[], count: number, prng: Prng): number[] {
  const list = [...among];
  for (let i = 0; i < count; i += 1) {
    const j = i + prng.below(list.length - i);
    [list[i], list[j]] = [list[j] as number, list[i] as number];
  }
  return list.slice(0, count);
}
