import { type FailureCode, ServeError } from '../core/errors.ts';

/**
 * What refused jobs are told. An error costs microseconds to make, most of it for its stack; under
 * overload many are refused for the same reason with the same hint, and share one.
 */
export class Refusals {
  readonly #made = new Map<FailureCode, Map<number, ServeError>>();

  /** `retryAfterMs` as `hintMs` gives it: one error is kept for each. */
  of(code: FailureCode, retryAfterMs = 0): ServeError {
    let hints = this.#made.get(code);
    if (!hints) this.#made.set(code, (hints = new Map()));
    let error = hints.get(retryAfterMs);
    if (!error) {
      error = new ServeError(code, '', retryAfterMs === 0 ? {} : { retryAfterMs });
      hints.set(retryAfterMs, error);
    }
    return error;
  }
}

const HINT_US_MAX = 600_000_000;

/**
 * An expected wait as a hint in milliseconds: at least 1, rounded up to one of eight steps an
 * octave, so that there are few of them.
 */
export function hintMs(expectedUs: number): number {
  const ms = Math.max(1, Math.ceil(Math.min(expectedUs, HINT_US_MAX) / 1000));
  const step = 2 ** Math.max(0, 31 - Math.clz32(ms) - 3);
  return Math.ceil(ms / step) * step;
}
