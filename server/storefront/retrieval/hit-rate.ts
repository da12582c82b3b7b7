/** Items an answer has in every published score. */
export const ANSWER_ITEMS = 20;

/** Hit rate (= recall, precision@20 x 20) and mean reciprocal rank at 20. */
export class HitRate {
  #count = 0;
  #hits = 0;
  #reciprocal = 0;

  /** `rank` counts from 1; beyond 20, or Infinity, is a miss. */
  add(rank: number): void {
    this.#count += 1;
    if (rank > ANSWER_ITEMS) return;
    this.#hits += 1;
    this.#reciprocal += 1 / rank;
  }

  get count(): number {
    return this.#count;
  }

  /** 0..1 */
  get hr20(): number {
    return this.#count === 0 ? 0 : this.#hits / this.#count;
  }

  /** 0..1 */
  get mrr20(): number {
    return this.#count === 0 ? 0 : this.#reciprocal / this.#count;
  }

  /** One number to choose by: the geometric mean, so that 1 % more of either is worth the same. */
  get both(): number {
    return Math.sqrt(this.hr20 * this.mrr20);
  }
}

/** As in the literature: per cent with two digits. */
export function percent(share: number): string {
  return (100 * share).toFixed(2);
}
