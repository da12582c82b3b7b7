import type { TreeEnsemble } from '../../../server/explain/tree-ensemble.ts';
import type { BinnedColumn, Binning } from './binning.ts';
import type { GrownNode, GrownTree } from './grow.ts';

/** Gathers grown trees, whose questions are about bins, as an ensemble that asks about cells. */
export class TreeCollector {
  readonly #roots: number[] = [];
  readonly #feature: number[] = [];
  readonly #threshold: number[] = [];
  readonly #set: number[] = [];
  readonly #missingLeft: number[] = [];
  readonly #left: number[] = [];
  readonly #right: number[] = [];
  readonly #value: number[] = [];
  readonly #cover: number[] = [];
  readonly #bits: number[] = [];

  constructor(private readonly binning: Binning) {}

  get trees(): number {
    return this.#roots.length;
  }

  /** `leafValue` is what a leaf adds to the sum; `weights` are the training rows' own. */
  add(tree: GrownTree, leafValue: (node: GrownNode) => number, weights: Float64Array): void {
    const root = this.#feature.length;
    this.#roots.push(root);
    for (const node of tree.nodes) {
      const { split } = node;
      const binned = split && (this.binning.binned[split.column] as BinnedColumn);
      const isSet = binned?.binOf ? true : false;
      this.#feature.push(split ? split.column : -1);
      this.#threshold.push(split && binned && !isSet ? (binned.edges[split.bin] as number) : 0);
      this.#set.push(split && binned?.binOf ? this.#addSet(binned.binOf, split.left) : -1);
      this.#missingLeft.push(split ? (split.left.at(-1) as number) : 0);
      this.#left.push(split ? root + node.left : -1);
      this.#right.push(split ? root + node.right : -1);
      this.#value.push(split ? 0 : leafValue(node));
      this.#cover.push(split ? 0 : weightOf(node.rows, weights));
    }
    this.#sumUp(root);
  }

  /** The first `trees` of those added. */
  ensemble(link: TreeEnsemble['link'], base: number, trees = this.trees): TreeEnsemble {
    const end = this.#roots[trees] ?? this.#feature.length;
    return {
      columns: this.binning.columns.map(({ name, categories }) =>
        ({ name, categories: categories.length })),
      link,
      base: Math.fround(base),
      roots: Int32Array.from(this.#roots.slice(0, trees)),
      feature: Int32Array.from(this.#feature.slice(0, end)),
      threshold: Float32Array.from(this.#threshold.slice(0, end)),
      set: Int32Array.from(this.#set.slice(0, end)),
      missingLeft: Uint8Array.from(this.#missingLeft.slice(0, end)),
      left: Int32Array.from(this.#left.slice(0, end)),
      right: Int32Array.from(this.#right.slice(0, end)),
      value: Float32Array.from(this.#value.slice(0, end)),
      cover: Float64Array.from(this.#cover.slice(0, end)),
      bits: Uint32Array.from(this.#bits),
    };
  }

  #addSet(binOf: Uint8Array, left: Uint8Array): number {
    const from = this.#bits.length;
    for (let code = 0; code < binOf.length; code += 1) {
      if (code % 32 === 0) this.#bits.push(0);
      if (left[binOf[code] as number] === 1) {
        const word = from + (code >>> 5);
        this.#bits[word] = ((this.#bits[word] as number) | (1 << (code & 31))) >>> 0;
      }
    }
    return from;
  }

  /** From the leaves up: cover is the children's sum, value their mean. */
  #sumUp(root: number): void {
    for (let node = this.#feature.length - 1; node >= root; node -= 1) {
      if (this.#feature[node] === -1) continue;
      const [left, right] = [this.#left[node] as number, this.#right[node] as number];
      const cover = (this.#cover[left] as number) + (this.#cover[right] as number);
      const sum = (this.#cover[left] as number) * (this.#value[left] as number) +
        (this.#cover[right] as number) * (this.#value[right] as number);
      this.#cover[node] = cover;
      this.#value[node] = cover > 0 ? sum / cover : 0;
    }
  }
}

function weightOf(rows: Uint32Array, weights: Float64Array): number {
  let sum = 0;
  for (const row of rows) sum += weights[row] as number;
  return sum;
}
