/**
 * Every way a request can fail, with what the caller is told. The only table of its kind: HTTP
 * statuses follow KServe v2 and Triton (a full queue and a late answer are both 503 there).
 */
export const FAILURES = {
  bad_request: { status: 400, retry: false, text: 'the request does not decode' },
  bad_argument: { status: 400, retry: false, text: 'an argument is wrong' },
  bad_tensor: { status: 400, retry: false, text: 'a tensor does not fit the model' },
  unknown_op: { status: 400, retry: false, text: 'there is no such operation' },
  unknown_path: { status: 404, retry: false, text: 'there is no such path' },
  unknown_model: { status: 404, retry: false, text: 'there is no such model' },
  unknown_version: { status: 404, retry: false, text: 'there is no such model version' },
  unknown_item: { status: 404, retry: false, text: 'there is no such item' },
  method_not_allowed: { status: 405, retry: false, text: 'the path has no such method' },
  restricted: { status: 403, retry: false, text: 'this needs a key' },
  too_large: { status: 413, retry: false, text: 'the message is larger than the limit' },
  cancelled: { status: 400, retry: false, text: 'the request was cancelled' },
  model_not_ready: { status: 400, retry: true, text: 'the model is not ready' },
  unsupported: { status: 501, retry: false, text: 'this is not supported' },
  overloaded: { status: 503, retry: true, text: 'the queue is full' },
  deadline: { status: 503, retry: true, text: 'the deadline passed before the answer was ready' },
  draining: { status: 503, retry: true, text: 'the server is shutting down' },
  backend: { status: 500, retry: false, text: 'the runtime failed' },
  storage: { status: 500, retry: true, text: 'the store could not be read or written' },
  internal: { status: 500, retry: false, text: 'the server has a defect' },
} as const;
export type FailureCode = keyof typeof FAILURES;

/** An expected failure, which reaches the caller. A broken invariant is an `assert`, and fatal. */
export class ServeError extends Error {
  override readonly name = 'ServeError';
  /** Milliseconds after which a retry may succeed; only where `FAILURES[code].retry`. */
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: FailureCode,
    /** What the message says beyond the code's own text; '' for nothing. */
    readonly detail = '',
    options?: ErrorOptions & { retryAfterMs?: number },
  ) {
    super(detail ? `${FAILURES[code].text}: ${detail}` : FAILURES[code].text, options);
    this.retryAfterMs = options?.retryAfterMs;
  }

  get status(): number {
    return FAILURES[this.code].status;
  }
}

/**
 * Anything thrown, as a failure a caller can be told. What is not a `ServeError` is our defect: its
 * own text may hold paths or others' data, so the caller gets an id, under which `logDefect` logs it.
 */
export function asServeError(thrown: unknown): ServeError {
  if (thrown instanceof ServeError) return thrown;
  return new ServeError('internal', `error ${crypto.randomUUID().slice(0, 8)}`, { cause: thrown });
}
