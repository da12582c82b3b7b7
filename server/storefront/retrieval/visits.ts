import { NO_ROW } from './candidates.ts';

/**
 * Tells apart new visits to an item from further signals of the same one: the view after a click,
 * the cart after a view. What follows on the same item of the same session with another weight, so
 * of another type (`INTEREST`), is the same visit; with the same weight it is another one.
 *
 * Remembers the last item of the sessions that were active of late, in fixed memory: a session
 * whose place was taken by another is only taken for new.
 */
export class Visits {
  readonly #sessions: Float64Array;
  readonly #rows: Uint32Array;
  readonly #weights: Float32Array;

  /** `places` is a power of two. */
  constructor(places = 65_536) {
    this.#sessions = new Float64Array(places).fill(-1);
    this.#rows = new Uint32Array(places);
    this.#weights = new Float32Array(places);
  }

  /** The row last visited in the session, or NO_ROW. */
  last(session: number): number {
    const place = session % this.#sessions.length;
    return this.#sessions[place] === session ? (this.#rows[place] as number) : NO_ROW;
  }

  /** Whether this is a visit of its own. Remembers it in any case. */
  isNew(session: number, row: number, weight: number): boolean {
    const place = session % this.#sessions.length; // session keys are hashes: their low bits do
    const known = this.#sessions[place] === session;
    const same = known && this.#rows[place] === row;
    const another = same && this.#weights[place] !== Math.fround(weight);
    this.#sessions[place] = session;
    this.#rows[place] = row;
    this.#weights[place] = weight;
    return !another;
  }

  save(): SavedVisits {
    return { sessions: this.#sessions, rows: this.#rows, weights: this.#weights };
  }

  /** What `save` gave of as many places, in place of all that is here. */
  load({ sessions, rows, weights }: SavedVisits): void {
    this.#sessions.set(sessions);
    this.#rows.set(rows);
    this.#weights.set(weights);
  }
}

export interface SavedVisits {
  readonly sessions: Float64Array;
  readonly rows: Uint32Array;
  readonly weights: Float32Array;
}
