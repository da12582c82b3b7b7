/** Time as the server sees it. Tests own it (`test/support/fake-clock.ts`). */
export interface Clock {
  /** Monotonic microseconds from an arbitrary start. */
  nowUs(): number;
  /** Milliseconds since the Unix epoch. */
  wallMs(): number;
  /** Calls `run` once, at least `us` microseconds from now. Returns what cancels it. */
  after(us: number, run: () => void): () => void;
}

/** The process's own clock. Timers have Node's resolution of 1 ms and never fire early. */
export const systemClock: Clock = {
  nowUs: () => performance.now() * 1000,
  wallMs: () => Date.now(),
  after(us, run) {
    const timer = setTimeout(run, Math.ceil(us / 1000));
    return () => clearTimeout(timer);
  },
};
