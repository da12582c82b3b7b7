/** Starts of commits while several callers write. A commit costs the machine as much as a dozen events. */
const APART_MS = 5;

/**
 * When the next commit may start: at once for a caller who waits for each of their own writes, some
 * milliseconds after the last for several callers, so that what comes meanwhile joins it.
 */
export class CommitPace {
  #startedMs = -Infinity; // the last one
  #inCompany = false; // several changes shared it, or more came while it was under way

  started(nowMs: number): void {
    this.#startedMs = nowMs;
  }

  ended(shared: number, waiting: number): void {
    this.#inCompany = shared + waiting > 1;
  }

  waitMs(nowMs: number): number {
    return this.#inCompany ? Math.max(0, this.#startedMs + APART_MS - nowMs) : 0;
  }
}
