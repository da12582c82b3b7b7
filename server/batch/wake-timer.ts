import type { Clock } from '../core/clock.ts';

/** One timer for the earliest of many times. */
export class WakeTimer {
  #dueUs = Infinity;
  #cancel: (() => void) | null = null;
  readonly #onDue = (): void => {
    this.#dueUs = Infinity;
    this.#cancel = null;
    this.wake();
  };

  constructor(private readonly clock: Clock, private readonly wake: () => void) {}

  /** Wakes by `dueUs`. A time later than the one it waits for is to be asked for again then. */
  by(dueUs: number): void {
    if (dueUs >= this.#dueUs) return;
    this.#cancel?.();
    this.#dueUs = dueUs;
    this.#cancel = this.clock.after(Math.max(0, dueUs - this.clock.nowUs()), this.#onDue);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#dueUs = Infinity;
  }
}
