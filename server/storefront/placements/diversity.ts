/** What is known of two items' likeness. */
export interface Likeness {
  /** The learned vector at length 1; null: the item has none. */
  unitOf(row: number): Float32Array | null;
  categoriesOf(row: number): readonly string[];
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
 * (Jaccard); below 0 it counts 0. Worth only falls as more are chosen, so an item is compared with them
 * only when what it was worth before would make it the next (lazy greedy, Minoux 1978): of 100 candidates
 * most are never looked at.
 */
export class MarginalRelevance {
  readonly #worth: Float64Array; // by place, as are all of these; an upper bound
  readonly #nearest: Float64Array; // likeness to the nearest of the chosen that it was compared with,
  readonly #compared: Uint16Array; // the first so many
  readonly #known: (Known | undefined)[];
  readonly #chosen: number[] = [];

  /** `rows` in the order of their places. */
  constructor(
    private readonly diversity: number,
    private readonly rows: readonly number[],
    private readonly likeness: Likeness,
  ) {
    this.#worth = Float64Array.from(rows, (_, i) => (1 - diversity) * relevance(i + 1));
    this.#nearest = new Float64Array(rows.length);
    this.#compared = new Uint16Array(rows.length);
    this.#known = new Array<Known | undefined>(rows.length);
  }

  /** Of these places, from 0 and rising, the one that is worth most; of equals the first. */
  best(open: readonly number[]): number {
    for (;;) {
      let best = open[0] as number;
      for (const i of open) if ((this.#worth[i] as number) > (this.#worth[best] as number)) best = i;
      if (this.#compared[best] === this.#chosen.length) return best;
      this.#compare(best);
    }
  }

  choose(i: number): void {
    this.#chosen.push(i);
  }

  #compare(i: number): void {
    let nearest = this.#nearest[i] as number;
    for (let at = this.#compared[i] as number; at < this.#chosen.length; at++) {
      nearest = Math.max(nearest, alike(this.#of(this.#chosen[at] as number), this.#of(i)));
    }
    this.#compared[i] = this.#chosen.length;
    this.#nearest[i] = nearest;
    this.#worth[i] = (1 - this.diversity) * relevance(i + 1) - this.diversity * nearest;
  }

  #of(i: number): Known {
    const row = this.rows[i] as number;
    return this.#known[i] ??= {
      unit: this.likeness.unitOf(row), categories: this.likeness.categoriesOf(row),
    };
  }
}

interface Known {
  readonly unit: Float32Array | null; // its vector, of length 1
  readonly categories: readonly string[];
}

function alike(a: Known, b: Known): number {
  if (!a.unit || !b.unit) return common(a.categories, b.categories);
  return dot(a.unit, b.unit);
}

/** Four sums at a time, which do not wait for each other. */
function dot(a: Float32Array, b: Float32Array): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = a.length & ~3;
  for (let i = 0; i < whole; i += 4) {
    s0 += (a[i] as number) * (b[i] as number);
    s1 += (a[i + 1] as number) * (b[i + 1] as number);
    s2 += (a[i + 2] as number) * (b[i + 2] as number);
    s3 += (a[i + 3] as number) * (b[i + 3] as number);
  }
  for (let i = whole; i < a.length; i++) s0 += (a[i] as number) * (b[i] as number);
  return s0 + s1 + s2 + s3;
}

/** The share of categories that both have, of those that either has. */
function common(a: readonly string[], b: readonly string[]): number {
  const both = a.filter((category) => b.includes(category)).length;
  const all = a.length + b.length - both;
  return all === 0 ? 0 : both / all;
}
