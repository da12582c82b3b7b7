import type { Clock } from '../core/clock.ts';

/**
 * Looks after the run in flight: one timer for many runs, that looks again where a new one goes on.
 */
export class RunWatch {
  #sinceUs = Infinity; // of the run in flight
  #cancel: (() => void) | null = null;

  /** `overdue` is called when a run has gone on for `runMsMax`. */
  constructor(
    private readonly clock: Clock,
    private readonly runMsMax: number,
    private readonly overdue: () => void,
  ) {}

  started(): void {
    this.#sinceUs = this.clock.nowUs();
    this.#look();
  }

  ended(): void {
    this.#sinceUs = Infinity;
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Is the run too old, and if not, when to look again? */
  #look(): void {
    if (this.#cancel) return;
    const dueUs = this.#sinceUs + this.runMsMax * 1000;
    this.#cancel = this.clock.after(dueUs - this.clock.nowUs(), () => {
      this.#cancel = null;
      if (this.#sinceUs === Infinity) return;
      if (this.clock.nowUs() < this.#sinceUs + this.runMsMax * 1000) return this.#look();
      this.overdue();
    });
  }
}
