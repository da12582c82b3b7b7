import type { Allow } from '../../ann/binding.ts';
import type { ReasonCode } from '../../wire/schema.ts';
import type { RetrievalQuery } from './retriever.ts';

/** Stands where no item is the reason. */
export const NO_ROW = 0xffff_ffff;

/** Candidates a source may name for an answer of up to as many items. */
export const ROOM = 200;

/** What one source found: the first `count` places, best first, no row twice, scores above 0. */
export class Candidates {
  readonly rows: Uint32Array;
  readonly scores: Float32Array;
  readonly because: Uint32Array; // row of the session item each follows from, or NO_ROW
  count = 0;

  constructor(readonly room: number) {
    this.rows = new Uint32Array(room);
    this.scores = new Float32Array(room);
    this.because = new Uint32Array(room).fill(NO_ROW);
  }

  /** False when there is no room left. */
  push(row: number, score: number, because = NO_ROW): boolean {
    if (this.count === this.room) return false;
    this.rows[this.count] = row;
    this.scores[this.count] = score;
    this.because[this.count] = because;
    this.count += 1;
    return true;
  }

  /** Makes the scores shares of a whole, so that sources of any scale can be added up. */
  normalise(): void {
    let sum = 0;
    for (let i = 0; i < this.count; i++) sum += this.scores[i] as number;
    if (!(sum > 0)) return;
    for (let i = 0; i < this.count; i++) this.scores[i] = (this.scores[i] as number) / sum;
  }

  /**
   * Turns scores of any sign into shares as a softmax does; `temperature` is in units of the score.
   * Best first before and after.
   */
  softmax(temperature: number): void {
    const best = this.scores[0] ?? 0;
    for (let i = 0; i < this.count; i++) {
      this.scores[i] = Math.exp(((this.scores[i] as number) - best) / temperature);
    }
    this.normalise();
  }
}

/** One way of finding items. Overwrites `into`; answers only allowed rows; shares sum to 1. */
export interface Source {
  readonly reason: ReasonCode;
  find(query: RetrievalQuery, into: Candidates): void;
}

/** A source that looks for the items of many queries at once. */
export interface Batched extends Source {
  /** Looks for at least `room` items of each query. */
  search(queries: readonly RetrievalQuery[], room: number): void;
  /** As `find` for query `at` of the last `search`. */
  take(at: number, into: Candidates): void;
}

/** Whether a bitmap over rows lets a row pass; without one all pass. */
export function allows(allow: Allow | undefined, row: number): boolean {
  if (!allow) return true;
  if (!(allow instanceof Uint32Array)) return allow.has(row);
  return (((allow[row >>> 5] ?? 0) >>> (row & 31)) & 1) === 1;
}

/** Writes those of `rows` that pass to `into`, in their order, until it is full; how many it wrote. */
export function keepAllowed(
  allow: Allow | undefined,
  rows: Uint32Array,
  into: Uint32Array,
): number {
  if (allow && !(allow instanceof Uint32Array)) return allow.keep(rows, into);
  let count = 0;
  for (let i = 0; i < rows.length && count < into.length; i++) {
    const row = rows[i] as number;
    if (allows(allow, row)) into[count++] = row;
  }
  return count;
}

/** Writes the rows below `end` that pass to `into`, in order, until it is full; how many it wrote. */
export function firstAllowed(allow: Allow | undefined, end: number, into: Uint32Array): number {
  if (allow && !(allow instanceof Uint32Array)) return allow.rows(0, into);
  let count = 0;
  for (let row = 0; row < end && count < into.length; row++) {
    if (allows(allow, row)) into[count++] = row;
  }
  return count;
}

/** The bitmap of `end` rows without `hidden`: for sources that know no list of hidden rows. */
export function hide(allow: Allow | undefined, hidden: Uint32Array, end: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(end / 32));
  for (let row = 0; row < end; row++) {
    if (allows(allow, row)) words[row >>> 5] = (words[row >>> 5] as number) | (1 << (row & 31));
  }
  for (const row of hidden) {
    if (row < end) words[row >>> 5] = (words[row >>> 5] as number) & ~(1 << (row & 31));
  }
  return words;
}
