import { FAILURES, type FailureCode } from '../core/errors.ts';

/** Failures that never left this side, beside the server's own `FAILURES`. */
export const CLIENT_FAILURES = {
  disconnected: { retry: true, text: 'the connection was lost before the reply came' },
  timeout: { retry: true, text: 'no reply came in time' },
  client_overloaded: { retry: true, text: 'too much is already waiting on this client' },
  closed: { retry: false, text: 'the client was closed' },
} as const;
export type ClientFailureCode = keyof typeof CLIENT_FAILURES | FailureCode;

/** Every way a call can fail. Match on `code`; `message` is for people. */
export class VitrineError extends Error {
  override readonly name = 'VitrineError';
  /** Milliseconds after which the server expects a retry to succeed, when it said so. */
  readonly retryAfterMs: number | undefined;
  /** Whether the same call may be sent again without harm, and with a chance of success. */
  readonly retrySafe: boolean;

  constructor(
    readonly code: ClientFailureCode,
    detail = '',
    options?: ErrorOptions & { retryAfterMs?: number | undefined },
  ) {
    super(detail || textOf(code), options);
    this.retryAfterMs = options?.retryAfterMs;
    this.retrySafe = retryOf(code);
  }
}

function textOf(code: ClientFailureCode): string {
  return isClientCode(code) ? CLIENT_FAILURES[code].text : (FAILURES[code]?.text ?? code);
}

/** A code of a newer server is not in our table: then nothing is known, and a retry is not safe. */
function retryOf(code: ClientFailureCode): boolean {
  return isClientCode(code) ? CLIENT_FAILURES[code].retry : (FAILURES[code]?.retry ?? false);
}

function isClientCode(code: ClientFailureCode): code is keyof typeof CLIENT_FAILURES {
  return Object.hasOwn(CLIENT_FAILURES, code);
}
