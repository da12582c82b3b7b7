import { OWN_SOURCES, type NativeBitmap, type RecommendAnswers, type RecommendBatch } from '../../ann/binding.ts';
import type { ReasonCode } from '../../wire/schema.ts';
import { NO_ROW, ROOM } from './candidates.ts';
import { isSound, NEAREST_TASTE } from './sources/taste.ts';
import { NEAREST_SIMILAR } from './sources/similar-items.ts';

/** What one query of a batch looks for, by the one blend. */
export interface QuickQuery {
  readonly items: Uint32Array;
  readonly session: number; // its key, which may not vote; -1: none
  readonly hidden: ReadonlySet<number>;
  readonly allow: NativeBitmap | undefined;
  readonly taste: Float32Array | undefined;
  readonly k: number; // at most `ROOM`
}

/** What was found of a query is at places `[endOf(q - 1), endOf(q))`. */
export interface QuickFound extends RecommendAnswers {
  readonly reasons: readonly ReasonCode[]; // by number of the source
}

/** Queries of the addon's own sources, written straight into the lists that it reads; used again and again. */
export class QuickBatch {
  count = 0;
  #items: Uint32Array = new Uint32Array(1024);
  #itemEnd = 0;
  #hidden: Uint32Array = new Uint32Array(256);
  #hiddenEnd = 0;
  #tastes: Float32Array;
  #tasteCount = 0;
  #wanted = 0;
  readonly #ks: Uint32Array;
  readonly #itemEnds: Uint32Array;
  readonly #hiddenEnds: Uint32Array;
  readonly #sessions: Float64Array;
  readonly #tasteAt: Uint32Array;
  readonly #allow: (NativeBitmap | undefined)[] = [];
  readonly #weights: Float64Array; // of all queries, which are alike

  /** `tasteDim`: 0 where there is no index of tastes. */
  constructor(
    readonly size: number, private readonly tasteDim: number, weights: readonly number[],
  ) {
    this.#ks = new Uint32Array(size);
    this.#itemEnds = new Uint32Array(size);
    this.#hiddenEnds = new Uint32Array(size);
    this.#sessions = new Float64Array(size);
    this.#tasteAt = new Uint32Array(size);
    this.#tastes = new Float32Array(size * tasteDim);
    this.#weights = new Float64Array(size * OWN_SOURCES.length);
    for (let q = 0; q < size; q += 1) this.#weights.set(weights, q * OWN_SOURCES.length);
  }

  clear(): void {
    this.count = 0;
    this.#itemEnd = 0;
    this.#hiddenEnd = 0;
    this.#tasteCount = 0;
    this.#wanted = 0;
    this.#allow.length = 0;
  }

  add({ items, session, hidden, allow, taste, k }: QuickQuery): void {
    const q = this.count++;
    this.#ks[q] = k;
    this.#wanted += k;
    this.#sessions[q] = session;
    this.#allow.push(allow);
    this.#items = withRoom(this.#items, this.#itemEnd + items.length);
    this.#items.set(items, this.#itemEnd);
    this.#itemEnds[q] = this.#itemEnd += items.length;
    this.#hidden = withRoom(this.#hidden, this.#hiddenEnd + hidden.size);
    for (const row of hidden) this.#hidden[this.#hiddenEnd++] = row;
    this.#hiddenEnds[q] = this.#hiddenEnd;
    const { tasteDim } = this;
    const tasted = taste !== undefined && tasteDim > 0 && isSound(taste, tasteDim);
    this.#tasteAt[q] = tasted ? this.#tasteCount : NO_ROW;
    if (tasted) this.#tastes.set(taste, tasteDim * this.#tasteCount++);
  }

  /** Valid until the next `clear`; the addon copies it. */
  asked(): RecommendBatch {
    const { count } = this;
    return {
      ks: this.#ks.subarray(0, count), sessions: this.#sessions.subarray(0, count),
      weights: this.#weights.subarray(0, count * OWN_SOURCES.length),
      items: this.#items.subarray(0, this.#itemEnd), itemEnds: this.#itemEnds.subarray(0, count),
      hidden: this.#hidden.subarray(0, this.#hiddenEnd), hiddenEnds: this.#hiddenEnds.subarray(0, count),
      tastes: this.#tastes.subarray(0, this.#tasteCount * this.tasteDim),
      tasteAt: this.#tasteAt.subarray(0, count), allow: this.#allow,
      room: ROOM, tasteRoom: NEAREST_TASTE, similarRoom: NEAREST_SIMILAR,
    };
  }

  /** Room for all that may be found. */
  answers(): RecommendAnswers {
    const { count } = this;
    return {
      rows: new Uint32Array(this.#wanted), because: new Uint32Array(this.#wanted),
      scores: new Float32Array(this.#wanted), sources: new Uint8Array(this.#wanted),
      ends: new Uint32Array(count),
    };
  }
}

function withRoom(list: Uint32Array, end: number): Uint32Array {
  if (list.length >= end) return list;
  const larger = new Uint32Array(2 * end);
  larger.set(list);
  return larger;
}
