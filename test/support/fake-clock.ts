import type { Clock } from '../../server/core/clock.ts';

/** A clock that moves when the test says so. */
export class FakeClock implements Clock {
  #nowUs = 0;
  #timers: { dueUs: number; order: number; run: () => void }[] = [];
  #order = 0;

  nowUs(): number {
    return this.#nowUs;
  }

  wallMs(): number {
    return 1_700_000_000_000 + Math.floor(this.#nowUs / 1000);
  }

  after(us: number, run: () => void): () => void {
    const timer = { dueUs: this.#nowUs + us, order: this.#order++, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** When the next timer falls due; Infinity for none. */
  get nextUs(): number {
    return Math.min(...this.#timers.map(({ dueUs }) => dueUs));
  }

  /** Moves on by `us`, running what falls due on the way, in order. */
  advance(us: number): void {
    this.advanceTo(this.#nowUs + us);
  }

  advanceTo(endUs: number): void {
    for (;;) {
      const due = this.#timers
        .filter((timer) => timer.dueUs <= endUs)
        .sort((a, b) => a.dueUs - b.dueUs || a.order - b.order)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((timer) => timer !== due);
      this.#nowUs = due.dueUs;
      due.run();
    }
    this.#nowUs = endUs;
  }
}
