import { keepAllowed, NO_ROW } from '../candidates.ts';
import type { Candidates } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';

/** Of a query: what its answer may hold. */
type Shown = Pick<RetrievalQuery, 'allow' | 'hidden'>;

/** Scores of rows towards one answer, with the row that gave most of each; as new after `finish`. */
export class RowSums {
  #sums = new Float64Array(1024); // by row
  #parts = new Float64Array(1024); // the largest part of each,
  #because = new Uint32Array(1024); // and whose it was
  #rows = new Uint32Array(256); // that have a sum
  #count = 0;
  #kept = new Uint32Array(256);
  #order = new Float64Array(256);

  /** score > 0; `because`: the row that says so, or NO_ROW. */
  add(row: number, score: number, because = NO_ROW): void {
    if (row >= this.#sums.length) this.#widen(row);
    const before = this.#sums[row] as number;
    if (before === 0) this.#touch(row);
    this.#sums[row] = before + score;
    if (before !== 0 && score <= (this.#parts[row] as number)) return;
    this.#parts[row] = score;
    this.#because[row] = because;
  }

  /** Takes these rows out of the answer: the last thing before `finish`. */
  drop(rows: Uint32Array | undefined): void {
    for (const row of rows ?? []) if (row < this.#sums.length) this.#sums[row] = 0;
  }

  /** Fills `into` with the best that may be shown, best first, ties by lower row, as shares of 1. */
  finish(into: Candidates, { allow, hidden }: Shown): void {
    this.drop(hidden);
    const sums = this.#sums;
    const touched = this.#rows.subarray(0, this.#count);
    const kept = this.#kept;
    let count = keepAllowed(allow, touched, kept);
    let above = 0;
    for (let i = 0; i < count; i++) {
      if ((sums[kept[i] as number] as number) > 0) kept[above++] = kept[i] as number;
    }
    count = above;
    if (count > into.room) count = this.#keepBest(count, into.room);
    const best = kept.subarray(0, count).sort(
      (a, b) => (sums[b] as number) - (sums[a] as number) || a - b,
    );
    into.count = 0;
    for (const row of best) into.push(row, sums[row] as number, this.#because[row]);
    into.normalise();
    for (const row of touched) sums[row] = 0;
    this.#count = 0;
  }

  /** Moves those with at least the `room`th best sum to the front; how many, ties included, fit. */
  #keepBest(count: number, room: number): number {
    const [kept, sums] = [this.#kept, this.#sums];
    const order = this.#order;
    for (let i = 0; i < count; i++) order[i] = sums[kept[i] as number] as number;
    const least = order.subarray(0, count).sort()[count - room] as number;
    let above = 0;
    for (let i = 0; i < count; i++) {
      const row = kept[i] as number;
      if ((sums[row] as number) <= least) continue;
      kept[i] = kept[above] as number;
      kept[above++] = row;
    }
    const ties = kept.subarray(above, count).filter((row) => sums[row] === least).sort();
    kept.set(ties.subarray(0, room - above), above);
    return room;
  }

  #touch(row: number): void {
    if (this.#count === this.#rows.length) {
      const larger = new Uint32Array(2 * this.#count);
      larger.set(this.#rows);
      this.#rows = larger;
      this.#kept = new Uint32Array(larger.length);
      this.#order = new Float64Array(larger.length);
    }
    this.#rows[this.#count++] = row;
  }

  #widen(row: number): void {
    const length = Math.max(2 * this.#sums.length, row + 1);
    const sums = new Float64Array(length);
    sums.set(this.#sums);
    const parts = new Float64Array(length);
    parts.set(this.#parts);
    const because = new Uint32Array(length);
    because.set(this.#because);
    [this.#sums, this.#parts, this.#because] = [sums, parts, because];
  }
}
