import type { Clock } from '../core/clock.ts';

export interface IdleParts {
  readonly clock: Clock;
  /** Requests that were answered so far, of every kind. */
  readonly requests: () => number;
  /** Betters the vector indexes by `count` vectors; returns of how many; 0: there is nothing to do. */
  readonly refine: (count: number) => number;
  /** Changes of the catalogue so far, after each of which a whole round is worth it. */
  readonly changes: () => number;
  /** Vectors of one round. */
  readonly vectors: () => number;
  /** Writes what is due to be kept for the next start. */
  readonly keep: () => Promise<void>;
}

export interface IdleLimits {
  readonly lookUs: number; // between two looks at whether there is time
  readonly requestsMax: number; // since the last look; more are load, and all waits
  readonly refineCount: number; // vectors a step: some 0.2 ms each
  readonly requestsOnceMax: number; // after so many without a pause, what is to be kept is kept
}

export const IDLE_LIMITS: IdleLimits = {
  lookUs: 50_000, requestsMax: 5, refineCount: 16, requestsOnceMax: 500_000,
};

/**
 * Work for when nobody waits: in each moment without load one short step of it. Changes of the catalogue
 * are followed by a round of refinement over all vectors (`NativeVectorIndex.refine`).
 */
export class IdleWork {
  readonly counts = { steps: 0, refined: 0, postponed: 0 };
  #left = 0; // vectors of the round
  #changes = 0; // when it began
  #requests = 0; // at the last look
  #kept = 0; // requests when something was last kept
  #cancel: (() => void) | null = null;
  #stopped = false;

  constructor(
    private readonly parts: IdleParts,
    private readonly limits: IdleLimits = IDLE_LIMITS,
  ) {
    this.#changes = parts.changes();
    this.#requests = parts.requests();
    this.#again();
  }

  /** Vectors that the round has still to come to. */
  get left(): number {
    return this.#left;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  #again(): void {
    if (!this.#stopped) this.#cancel = this.parts.clock.after(this.limits.lookUs, () => void this.#look());
  }

  async #look(): Promise<void> {
    const { parts, limits } = this;
    const requests = parts.requests();
    const busy = isBusy(requests - this.#requests, limits);
    this.#requests = requests;
    if (parts.changes() !== this.#changes) {
      this.#changes = parts.changes();
      this.#left = parts.vectors();
    }
    if (busy) this.counts.postponed += 1;
    else this.#refine();
    if (!busy || requests - this.#kept >= limits.requestsOnceMax) {
      this.#kept = requests;
      await parts.keep();
    }
    this.#again();
  }

  #refine(): void {
    if (this.#left === 0) return;
    const refined = this.parts.refine(Math.min(this.limits.refineCount, this.#left));
    this.#left = refined === 0 ? 0 : this.#left - refined;
    this.counts.steps += 1;
    this.counts.refined += refined;
  }
}

/** Whether what came since the last look leaves no time for other work. Pure. */
export function isBusy(requests: number, { requestsMax }: Pick<IdleLimits, 'requestsMax'>): boolean {
  return requests > requestsMax;
}
