import { NO_ROW } from './candidates.ts';
import type { Candidates } from './candidates.ts';

/** Row and score of what came out best, and which source gave most of it. */
export interface Blended {
  readonly row: number;
  readonly score: number;
  readonly source: number; // as given to `add`
  readonly because: number; // or NO_ROW
}

/** Adds up what several sources found. Dense over rows, so that adding is a few array writes. */
export class Blend {
  #scores = new Float64Array(0); // by row; 0: not found by any
  #bestParts = new Float64Array(0); // by row: the largest part of the score,
  #bestSources = new Uint8Array(0); // whose it was,
  #bestBecause = new Uint32Array(0); // and what it followed from
  #touched = new Uint32Array(1024);
  #count = 0;

  /** Adds `weight` (at least 0) times the candidates' shares, in the name of source 0..255. */
  add(source: number, weight: number, found: Candidates): void {
    if (weight <= 0) return;
    for (let i = 0; i < found.count; i++) {
      const row = found.rows[i] as number;
      if (row >= this.#scores.length) this.#grow(row + 1);
      const part = weight * (found.scores[i] as number);
      if (part <= 0) continue;
      const before = this.#scores[row] as number;
      if (before === 0) this.#touch(row);
      this.#scores[row] = before + part;
      if (part <= (this.#bestParts[row] as number)) continue;
      this.#bestParts[row] = part;
      this.#bestSources[row] = source;
      this.#bestBecause[row] = found.because[i] as number;
    }
  }

  /** The score of a row so far; 0 when no source found it. */
  scoreOf(row: number): number {
    return row < this.#scores.length ? (this.#scores[row] as number) : 0;
  }

  /**
   * The place of a row among all that was found, from 1; ties are broken towards the lower row.
   * Infinity when no source found it.
   */
  rankOf(row: number): number {
    const score = this.scoreOf(row);
    if (score === 0) return Infinity;
    let rank = 1;
    for (let i = 0; i < this.#count; i++) {
      const other = this.#touched[i] as number;
      const its = this.#scores[other] as number;
      if (its > score || (its === score && other < row)) rank += 1;
    }
    return rank;
  }

  /** The best `k`, best first, ties by lower row. */
  top(k: number): Blended[] {
    const best: number[] = [];
    for (let i = 0; i < this.#count; i++) {
      const row = this.#touched[i] as number;
      if (best.length === k && !this.#before(row, best[k - 1] as number)) continue;
      if (best.length === k) best.pop();
      let at = best.length;
      while (at > 0 && this.#before(row, best[at - 1] as number)) at -= 1;
      best.splice(at, 0, row);
    }
    return best.map((row) => ({
      row,
      score: this.#scores[row] as number,
      source: this.#bestSources[row] as number,
      because: this.#bestBecause[row] as number,
    }));
  }

  /** Forgets everything. */
  clear(): void {
    for (let i = 0; i < this.#count; i++) {
      const row = this.#touched[i] as number;
      this.#scores[row] = 0;
      this.#bestParts[row] = 0;
      this.#bestBecause[row] = NO_ROW;
    }
    this.#count = 0;
  }

  #before(a: number, b: number): boolean {
    const scoreA = this.#scores[a] as number;
    const scoreB = this.#scores[b] as number;
    return scoreA !== scoreB ? scoreA > scoreB : a < b;
  }

  #touch(row: number): void {
    if (this.#count === this.#touched.length) {
      this.#touched = copyInto(new Uint32Array(2 * this.#count), this.#touched);
    }
    this.#touched[this.#count++] = row;
  }

  #grow(end: number): void {
    const length = Math.max(1024, end, 2 * this.#scores.length);
    this.#scores = copyInto(new Float64Array(length), this.#scores);
    this.#bestParts = copyInto(new Float64Array(length), this.#bestParts);
    this.#bestSources = copyInto(new Uint8Array(length), this.#bestSources);
    this.#bestBecause = copyInto(new Uint32Array(length).fill(NO_ROW), this.#bestBecause);
  }
}

function copyInto<T extends Float64Array | Uint32Array | Uint8Array>(larger: T, old: T): T {
  larger.set(old);
  return larger;
}
