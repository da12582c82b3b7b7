import type { Clock } from '../core/clock.ts';

/** Wait before a lane that could not be opened is tried again, doubled each time. */
const REOPEN_MS_MIN = 1000;
const REOPEN_MS_MAX = 600_000;

/** A lane that could not be opened, and when it is tried again. */
interface BrokenLane {
  readonly why: string;
  readonly waitMs: number;
  due: boolean;
  readonly cancel: () => void;
}

/**
 * Lanes that a seat could not open. Each is tried again, but ever later: a model whose opening
 * kills threads keeps the others waiting.
 */
export class BrokenLanes {
  readonly #broken = new Map<number, BrokenLane>();

  /** `retry` is called when one of them is due. */
  constructor(private readonly clock: Clock, private readonly retry: () => void) {}

  why(lane: number): string | undefined {
    return this.#broken.get(lane)?.why;
  }

  /** Whether it may be opened now: it never broke, or its time has come. */
  due(lane: number): boolean {
    return this.#broken.get(lane)?.due ?? true;
  }

  has(lane: number): boolean {
    return this.#broken.has(lane);
  }

  breaks(lane: number, why: string): void {
    const waitMs = Math.min(
      REOPEN_MS_MAX, (this.#broken.get(lane)?.waitMs ?? 0) * 2 || REOPEN_MS_MIN,
    );
    const cancel = this.clock.after(waitMs * 1000, () => {
      broken.due = true;
      this.retry();
    });
    const broken = { why, waitMs, due: false, cancel };
    this.#broken.set(lane, broken);
  }

  /** It opened, or is about to be opened anew. */
  forgive(lane: number): void {
    this.#broken.get(lane)?.cancel();
    this.#broken.delete(lane);
  }

  clear(): void {
    for (const lane of [...this.#broken.keys()]) this.forgive(lane);
  }
}
