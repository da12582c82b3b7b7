import { Prng } from '../../server/core/prng.ts';

/** What the generated vectors are like; part of the set's digest. */
export interface ClusterShape {
  readonly seed: number;
  readonly dim: number;
  readonly groups: number; // departments of a shop
  readonly clusters: number; // its categories
  readonly factors: number; // directions in which the items of a category differ
  readonly spread: number; // how far they do, beside the distances between categories
  readonly noise: number; // in every direction
}

const BASES = 32; // sets of directions, shared among the clusters
const CHUNK_ROWS = 16_384;

/**
 * Vectors of unit length as learned embeddings lie: groups of clusters of unlike sizes (the n-th is
 * 1/n as large) and widths, each spread along a few directions with falling weight, and a little
 * noise in all. In chunks `[rows, dim]`, so that a set of any size can be written; `stream` parts
 * base from queries, which come from the same clusters.
 */
export function* clusteredRows(
  shape: ClusterShape, count: number, stream: number,
): Generator<Float32Array> {
  const world = new World(shape);
  for (let from = 0; from < count; from += CHUNK_ROWS) {
    const prng = new Prng(shape.seed + 7919 * stream + 104_729 * (from / CHUNK_ROWS + 1));
    const rows = new Float32Array(Math.min(CHUNK_ROWS, count - from) * shape.dim);
    for (let at = 0; at < rows.length; at += shape.dim) {
      world.draw(prng, rows.subarray(at, at + shape.dim));
    }
    yield rows;
  }
}

class World {
  readonly #centres: readonly Float32Array[];
  readonly #widths: Float32Array;
  readonly #bases: readonly Float32Array[]; // [factors, dim] each
  readonly #shares: Float64Array; // of the clusters up to each

  constructor(private readonly shape: ClusterShape) {
    const { seed, dim, groups, clusters, factors, spread } = shape;
    const prng = new Prng(seed);
    const heads = Array.from({ length: groups }, () => prng.row(dim));
    this.#centres = Array.from({ length: clusters }, () => {
      const head = prng.pick(heads);
      return prng.row(dim).map((value, d) => (head[d] as number) + 0.8 * value);
    });
    const width = () => spread * Math.exp(0.35 * prng.normal());
    this.#widths = Float32Array.from({ length: clusters }, width);
    this.#bases = Array.from({ length: BASES }, () => {
      const rows = prng.row(factors * dim);
      return rows.map((value, i) => value / Math.sqrt(1 + Math.floor(i / dim) / 4));
    });
    let sum = 0;
    this.#shares = Float64Array.from({ length: clusters }, (_, n) => (sum += 1 / (n + 10)));
    this.#shares.forEach((share, n) => (this.#shares[n] = share / sum));
  }

  draw(prng: Prng, into: Float32Array): void {
    const { dim, factors, noise } = this.shape;
    const cluster = lowerBound(this.#shares, prng.float());
    const centre = this.#centres[cluster] as Float32Array;
    const base = this.#bases[cluster % BASES] as Float32Array;
    // Some items are like no other: their own width has a long tail.
    const own = Math.exp(0.4 * prng.normal());
    const width = (own * (this.#widths[cluster] as number)) / Math.sqrt(factors / 2);
    for (let d = 0; d < dim; d += 1) into[d] = (centre[d] as number) + noise * prng.normal();
    for (let f = 0; f < factors; f += 1) {
      const weight = width * prng.normal();
      for (let d = 0; d < dim; d += 1) {
        into[d] = (into[d] as number) + weight * (base[f * dim + d] as number);
      }
    }
    toUnitLength(into);
  }
}

/** Makes one vector's length 1; a vector of zeros stays. */
export function toUnitLength(row: Float32Array): void {
  let square = 0;
  for (const value of row) square += value * value;
  if (square === 0) return;
  const scale = 1 / Math.sqrt(square);
  for (let d = 0; d < row.length; d += 1) row[d] = (row[d] as number) * scale;
}

/** First place of a rising list that is at least `value`; the last place when none is. */
function lowerBound(list: Float64Array, value: number): number {
  let low = 0;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((list[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
