import { ANSWER_ITEMS } from '../hit-rate.ts';
import type { PastSessions } from '../past-sessions.ts';

// Far below any score: popularity decides between equals, and among what has no score.
const TIE_SHARE = 1e-6;

/**
 * Scores of items towards one answer. Equal scores are settled by popularity, then by the lower
 * row, as in the published baselines.
 */
export class ScoreSheet {
  readonly #ties: Float64Array; // by row
  readonly #scores: Float64Array;
  readonly #popular: readonly number[]; // enough of them to fill an answer
  #touched: number[] = [];

  constructor({ rows }: PastSessions, itemCount: number) {
    const counts = new Float64Array(itemCount);
    for (const row of rows) counts[row] = (counts[row] as number) + 1;
    const most = counts.reduce((a, b) => Math.max(a, b), 1);
    this.#ties = counts.map((count) => (TIE_SHARE * count) / most);
    this.#scores = new Float64Array(itemCount);
    const all = Array.from({ length: itemCount }, (_, row) => row);
    this.#popular = all
      .sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b)
      .slice(0, ANSWER_ITEMS);
  }

  /** score > 0 */
  add(row: number, score: number): void {
    if (this.#scores[row] === 0) this.#touched.push(row);
    this.#scores[row] = (this.#scores[row] as number) + score;
  }

  /** The best rows, best first; forgets the scores. */
  finish(): Uint32Array {
    const rows = this.#touched;
    for (const row of this.#popular) if (this.#scores[row] === 0) rows.push(row);
    const total = (row: number): number =>
      (this.#scores[row] as number) + (this.#ties[row] as number);
    const best = Uint32Array.from(
      rows.sort((a, b) => total(b) - total(a) || a - b).slice(0, ANSWER_ITEMS),
    );
    for (const row of rows) this.#scores[row] = 0;
    this.#touched = [];
    return best;
  }
}
