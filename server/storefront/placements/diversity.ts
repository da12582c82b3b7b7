/** What is known of two items' likeness. */
export interface Likeness {
  /** Of learned vectors, of any length; null: the item has none. */
  vectorOf(row: number): Float32Array | null;
  categoriesOf(row: number): readonly string[];
}

/** Items with their directions, looked up once each. */
interface Known {
  readonly vector: Float32Array | null; // of length 1
  readonly categories: readonly string[];
}

/**
 * The worth of standing at a place of the ranking, from 1: as DCG discounts it. Ranks, not scores: how
 * steeply scores fall differs between sources, and a score of next to nothing would be beaten by any
 * item that is unlike the others.
 */
export function relevance(place: number): number {
  return 1 / Math.log2(1 + place);
}

/**
 * Maximal marginal relevance (Carbonell & Goldstein, SIGIR 1998), greedily: again and again the item with
 * the largest (1 - d) × relevance(its place) - d × (its greatest likeness to what is chosen already).
 * Likeness is the cosine of learned vectors where both have one, else the share of common categories
 * (Jaccard); below 0 it counts 0.
 */
export class MarginalRelevance {
  readonly #known = new Map<number, Known>();
  readonly #nearest = new Map<number, number>(); // by row: likeness to the nearest that is chosen

  constructor(
    private readonly diversity: number, // 0..1
    private readonly likeness: Likeness,
  ) {}

  /** What an item is worth now; `place` among all candidates, from 1. */
  worth(row: number, place: number): number {
    const { diversity } = this;
    return (1 - diversity) * relevance(place) - diversity * (this.#nearest.get(row) ?? 0);
  }

  /** `row` is chosen; `others` are those that may still be. */
  choose(row: number, others: Iterable<number>): void {
    const chosen = this.#of(row);
    for (const other of others) {
      const like = alike(chosen, this.#of(other));
      if (like > (this.#nearest.get(other) ?? 0)) this.#nearest.set(other, like);
    }
  }

  #of(row: number): Known {
    let known = this.#known.get(row);
    if (!known) {
      const vector = this.likeness.vectorOf(row);
      known = { vector: vector && unit(vector), categories: this.likeness.categoriesOf(row) };
      this.#known.set(row, known);
    }
    return known;
  }
}

function alike(a: Known, b: Known): number {
  if (a.vector && b.vector) {
    let dot = 0;
    for (let i = 0; i < a.vector.length; i++) dot += (a.vector[i] as number) * (b.vector[i] as number);
    return Math.max(0, dot);
  }
  const common = a.categories.filter((category) => b.categories.includes(category)).length;
  const all = a.categories.length + b.categories.length - common;
  return all === 0 ? 0 : common / all;
}

function unit(vector: Float32Array): Float32Array | null {
  const length = Math.hypot(...vector);
  return length > 0 ? vector.map((value) => value / length) : null;
}
