import { type FailureCode, ServeError } from '../core/errors.ts';

/**
 * What refused jobs are told. An error costs microseconds to make, most of it for its stack; under
 * overload many are refused for the same reason with the same hint, and share one.
 */
export class Refusals {
  readonly #last = new Map<FailureCode, ServeError>();

  of(code: FailureCode, retryAfterMs?: number): ServeError {
    const last = this.#last.get(code);
    if (last && last.retryAfterMs === retryAfterMs) return last;
    const error = new ServeError(code, '', retryAfterMs === undefined ? {} : { retryAfterMs });
    this.#last.set(code, error);
    return error;
  }
}
