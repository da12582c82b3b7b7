import type { Clock } from '../core/clock.ts';
import type { FailureCode } from '../core/errors.ts';
import { Outbox } from './outbox.ts';

/** A refusal waits this long at most for others of its socket. */
const HOLD_US = 4000;
/** More are not kept: the front end would be as late as they. */
const HELD_BYTES_MAX = 4_194_304;

/**
 * Where refusals for want of room or time are put. One alone leaves as any reply does. Under a flood
 * they wait for one another for some milliseconds: a send costs more than all else of a refusal, and
 * takes the core from those who are answered.
 */
export class RefusalPost {
  /** Refusals of a flood; every socket has a mailbox of its own for them. */
  readonly held = new Outbox(() => {}, () => {});
  #flood = false;
  readonly #release = (): void => {
    this.#flood = !this.held.empty;
    if (!this.#flood) return;
    this.held.flush();
    this.clock.after(HOLD_US, this.#release);
  };

  constructor(private readonly clock: Clock) {}

  /** Whether the refusal about to be told is one of a flood, and goes to `held`. */
  holds(code: FailureCode): boolean {
    if (code !== 'overloaded' && code !== 'deadline') return false;
    if (this.#flood) {
      if (this.held.usedBytes > HELD_BYTES_MAX) this.held.flush();
      return true;
    }
    this.#flood = true;
    this.clock.after(HOLD_US, this.#release);
    return false;
  }
}
