/** A prediction that waits to be told what came of it. */
export interface Predicted {
  readonly row: Float32Array; // what the model saw
  readonly probability: number;
  readonly version: string; // of the model
  readonly atMs: number;
}

export interface Resolved extends Predicted {
  readonly label: 0 | 1;
}

export interface OutcomeLimits {
  /** Silence of the subject after which what has not happened does not happen. */
  readonly silenceMs: number;
  readonly subjectsMax: number; // the longest silent one goes, unresolved
  readonly perSubjectMax: number; // predictions of one that wait; of more, the first ones stay
}

export const OUTCOME_LIMITS: Omit<OutcomeLimits, 'silenceMs'> = {
  subjectsMax: 20_000, perSubjectMax: 8,
};

interface Waiting {
  lastMs: number;
  readonly predictions: Predicted[];
  happenedMs: number; // when it last did; what was predicted until then has come true
}

/**
 * Joins predictions with what happened, for monitors and online learning. A subject is a session: a
 * purchase in it makes its earlier predictions come true. All of them are told when it is over, the
 * true ones too: told at once, the buyers of the last half hour would stand against no one, and every
 * rate would look too high. A prediction whose outcome nobody can tell (dropped for want of room, or
 * at the process's end) counts nowhere.
 */
export class Outcomes {
  readonly counts = { resolved: 0, dropped: 0 };
  readonly #waiting = new Map<string, Waiting>(); // longest silent first

  constructor(
    private readonly limits: OutcomeLimits,
    private readonly resolved: (one: Resolved) => void,
  ) {}

  /** Predictions that wait. */
  get open(): number {
    let sum = 0;
    for (const { predictions } of this.#waiting.values()) sum += predictions.length;
    return sum;
  }

  predicted(subject: string, prediction: Predicted): void {
    const one = this.#touch(subject, prediction.atMs) ??
      { lastMs: prediction.atMs, predictions: [], happenedMs: -Infinity };
    this.#waiting.set(subject, one);
    if (one.predictions.length < this.limits.perSubjectMax) one.predictions.push(prediction);
    else this.counts.dropped += 1;
    if (this.#waiting.size > this.limits.subjectsMax) this.#dropOldest();
  }

  /** Something was seen of the subject: `happened` is what was predicted. */
  seen(subject: string, atMs: number, happened: boolean): void {
    const one = this.#touch(subject, atMs);
    if (!one) return;
    this.#waiting.set(subject, one);
    if (happened) one.happenedMs = Math.max(one.happenedMs, atMs);
  }

  /** Tells what came of subjects that have been silent for too long. */
  settle(nowMs: number): void {
    for (const [subject, one] of this.#waiting) {
      if (one.lastMs + this.limits.silenceMs >= nowMs) break; // the rest was heard of later
      this.#waiting.delete(subject);
      this.#resolve(one);
    }
  }

  /** Forgets a subject, its predictions unresolved. */
  forget(subject: string): void {
    this.#waiting.delete(subject);
  }

  /**
   * To the end of the order. Who is seen again after too long a silence is another: of the former all
   * is known.
   */
  #touch(subject: string, atMs: number): Waiting | undefined {
    const one = this.#waiting.get(subject);
    if (!one) return undefined;
    this.#waiting.delete(subject);
    if (atMs > one.lastMs + this.limits.silenceMs) {
      this.#resolve(one);
      return undefined;
    }
    one.lastMs = Math.max(one.lastMs, atMs);
    return one;
  }

  #resolve({ predictions, happenedMs }: Waiting): void {
    this.counts.resolved += predictions.length;
    for (const one of predictions) this.resolved({ ...one, label: one.atMs <= happenedMs ? 1 : 0 });
  }

  #dropOldest(): void {
    for (const [subject, { predictions }] of this.#waiting) {
      this.counts.dropped += predictions.length;
      this.#waiting.delete(subject);
      return;
    }
  }
}
