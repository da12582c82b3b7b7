import type { Clock } from './clock.ts';

/**
 * Lets long work on the front end give way to the sockets: what has used up its share of a turn of
 * the event loop goes on in the next, in the order in which it asked.
 */
export class Pace {
  readonly #waiting: (() => void)[] = [];
  #turnEndsUs = -Infinity;
  #asked = false;

  /** `nextTurn` runs something after the event loop has looked at its sockets: `setImmediate`. */
  constructor(
    private readonly clock: Clock,
    private readonly nextTurn: (run: () => void) => void,
    private readonly turnUsMax: number,
  ) {}

  /** Whether this turn's share is used up. */
  get spent(): boolean {
    this.#ask();
    return this.clock.nowUs() >= this.#turnEndsUs;
  }

  /** Null to go on at once, else what to wait for. One that waited runs alone until it waits again. */
  turn(): Promise<void> | null {
    if (this.#waiting.length === 0 && !this.spent) return null;
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  /** The first to ask in a turn begins its share, and has the next turn begin another. */
  #ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#turnEndsUs = this.clock.nowUs() + this.turnUsMax;
    this.nextTurn(() => void this.#resume());
  }

  async #resume(): Promise<void> {
    this.#asked = false;
    while (this.#waiting.length > 0 && !this.spent) {
      this.#waiting.shift()?.();
      await null; // what was let go runs before this does
    }
  }
}
