import type { Prng } from '../../../server/core/prng.ts';

const FLATTENED = 0.75; // power of the counts, as in word2vec: rare items are tried as well

/**
 * Draws the items that a batch's right answers are told apart from: all of the batch's own targets
 * and sampled others, or simply every item where they are few.
 */
export class CandidateSampler {
  readonly #rising: Float64Array; // cumulative weights of items 1..items
  readonly #place: Int32Array; // by item: 1 + its place in the current draw, 0 is none
  readonly #chance: Float64Array; // by item: of being a batch's target, a row
  readonly #flat: Float64Array; // by item: of being drawn, a draw

  /** `targets` are the training examples' right answers, for their counts. */
  constructor(
    private readonly prng: Prng,
    private readonly items: number,
    targets: Iterable<number>,
  ) {
    const counts = new Float64Array(items + 1).fill(0.1); // no item is impossible
    for (const target of targets) counts[target]! += 1;
    counts[0] = 0;
    const total = counts.reduce((sum, count) => sum + count, 0);
    this.#chance = counts.map((count) => count / total);
    const flat = counts.map((count) => count ** FLATTENED);
    const flatTotal = flat.reduce((sum, weight) => sum + weight, 0);
    this.#flat = flat.map((weight) => weight / flatTotal);
    let sum = 0;
    this.#rising = this.#flat.map((weight) => (sum += weight));
    this.#place = new Int32Array(items + 1);
  }

  /**
   * Fills `candidates` (no item twice) and the place of each target in it. There are at least as
   * many candidates as targets, and no more than items.
   */
  draw(targets: Int32Array, candidates: Int32Array, places: BigInt64Array): void {
    let count = 0;
    const take = (item: number): void => {
      if (this.#place[item] !== 0) return;
      candidates[count] = item;
      count += 1;
      this.#place[item] = count;
    };
    targets.forEach(take);
    const everything = candidates.length === this.items;
    for (let item = 1; everything && item <= this.items; item += 1) take(item);
    while (count < candidates.length) take(this.#draw());
    targets.forEach((target, row) => {
      places[row] = BigInt((this.#place[target] as number) - 1);
    });
    for (const item of candidates) this.#place[item] = 0;
  }

  /**
   * What is added to the candidates' scores: minus the logarithm of the chance to be one, so that
   * the softmax over a sample aims at the softmax over all (Bengio & Senécal 2008). 0 when every
   * item is a candidate.
   */
  corrections(candidates: Int32Array, batch: number, into: Float32Array): void {
    if (candidates.length === this.items) {
      into.fill(0);
      return;
    }
    const draws = Math.max(0, candidates.length - batch);
    candidates.forEach((item, at) => {
      const often = batch * (this.#chance[item] as number) + draws * (this.#flat[item] as number);
      into[at] = -Math.log(1 - Math.exp(-often));
    });
  }

  #draw(): number {
    const x = this.prng.float() * (this.#rising[this.items] as number);
    let low = 1;
    let high = this.items;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#rising[middle] as number) > x) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
