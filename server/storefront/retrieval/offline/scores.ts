// Far below any score: popularity decides between equals, and among what has no score.
const TIE_SHARE = 1e-6;

/** One way of scoring what may come next: adds scores above 0 to some rows. */
export interface Scorer {
  readonly name: string;
  readonly settings: string;
  score(items: Uint32Array, into: Scores): void;
}

/** Scores by row towards one answer; as good as new after `clear`. */
export class Scores {
  readonly values: Float64Array; // by row; 0 where none
  #rows: number[] = [];

  constructor(itemCount: number) {
    this.values = new Float64Array(itemCount);
  }

  /** score > 0 */
  add(row: number, score: number): void {
    const before = this.values[row] as number;
    if (before === 0) this.#rows.push(row);
    this.values[row] = before + score;
  }

  /** The rows that have a score, in no order. Valid until `clear`. */
  get rows(): readonly number[] {
    return this.#rows;
  }

  /** Takes the scores of these rows away; they stay among `rows`. */
  drop(rows: Iterable<number>): void {
    for (const row of rows) this.values[row] = 0;
  }

  clear(): void {
    for (const row of this.#rows) this.values[row] = 0;
    this.#rows = [];
  }
}

/** Picks the best rows of `Scores`; equals by popularity, then the lower row; popular ones fill up. */
export class Picker {
  readonly #ties: Float64Array;
  readonly #popular: Uint32Array; // all rows, most popular first

  constructor(counts: Float64Array) {
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    this.#ties = counts.map((count) => (TIE_SHARE * count) / most);
    this.#popular = Uint32Array.from(counts.keys()).sort(
      (a, b) => (counts[b] as number) - (counts[a] as number) || a - b,
    );
  }

  /** The best `k` rows that `barred` does not hold, best first; fewer only where there are fewer. */
  pick(scores: Scores, k: number, barred: ReadonlySet<number>): number[] {
    const best: number[] = [];
    const values: number[] = [];
    for (const row of scores.rows) {
      const score = scores.values[row] as number;
      if (score === 0 || barred.has(row)) continue;
      const value = score + (this.#ties[row] as number);
      let at = best.length;
      const before = (place: number): boolean => {
        const other = values[place] as number;
        return value > other || (value === other && row < (best[place] as number));
      };
      if (at === k && !before(k - 1)) continue;
      while (at > 0 && before(at - 1)) at -= 1;
      best.splice(at, 0, row);
      values.splice(at, 0, value);
      if (best.length > k) {
        best.pop();
        values.pop();
      }
    }
    for (const row of this.#popular) {
      if (best.length >= k) break;
      if (scores.values[row] === 0 && !barred.has(row)) best.push(row);
    }
    return best;
  }
}
