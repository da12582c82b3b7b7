/** What a method's lists were worth, and what they showed. Shares are 0..1. */
export interface Quality {
  readonly asked: number;
  readonly hitRate: readonly number[]; // at each of `DEPTHS`
  readonly ndcg: readonly number[]; // the same; one right item, so 1 / log2(place + 1)
  readonly coverage: number; // of all items, those shown among the first 10
  readonly novelty: number; // bits: mean self-information of what was shown among the first 10
  readonly popularityBias: number; // of the places shown, those held by the most frequent 1 %
}

export const DEPTHS = [5, 10, 20] as const;
const SHOWN = 10;
const TOP_SHARE = 0.01;

/** Adds up answers. `counts` is how often each row was seen; self-information is -log2 of its share. */
export class QualityCount {
  readonly #hits = DEPTHS.map(() => 0);
  readonly #gains = DEPTHS.map(() => 0);
  readonly #shown: Uint8Array;
  readonly #bits: Float64Array;
  readonly #top: Set<number>;
  #asked = 0;
  #places = 0;
  #bitSum = 0;
  #topPlaces = 0;

  constructor(counts: Float64Array) {
    this.#shown = new Uint8Array(counts.length);
    const total = counts.reduce((a, b) => a + b, 0);
    this.#bits = counts.map((count) => -Math.log2(Math.max(count, 1) / Math.max(total, 1)));
    const byCount = Array.from(counts.keys()).sort(
      (a, b) => (counts[b] as number) - (counts[a] as number) || a - b,
    );
    this.#top = new Set(byCount.slice(0, Math.ceil(counts.length * TOP_SHARE)));
  }

  /** `answer` is best first. */
  add(answer: readonly number[], target: number): void {
    this.#asked += 1;
    const place = answer.indexOf(target) + 1;
    DEPTHS.forEach((depth, at) => {
      if (place === 0 || place > depth) return;
      this.#hits[at] = (this.#hits[at] as number) + 1;
      this.#gains[at] = (this.#gains[at] as number) + 1 / Math.log2(place + 1);
    });
    for (const row of answer.slice(0, SHOWN)) {
      this.#places += 1;
      this.#shown[row] = 1;
      this.#bitSum += this.#bits[row] as number;
      if (this.#top.has(row)) this.#topPlaces += 1;
    }
  }

  result(): Quality {
    const asked = Math.max(1, this.#asked);
    const places = Math.max(1, this.#places);
    return {
      asked: this.#asked,
      hitRate: this.#hits.map((hits) => hits / asked),
      ndcg: this.#gains.map((gain) => gain / asked),
      coverage: this.#shown.reduce((a, b) => a + b, 0) / Math.max(1, this.#shown.length),
      novelty: this.#bitSum / places,
      popularityBias: this.#topPlaces / places,
    };
  }
}
