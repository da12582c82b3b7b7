import type { Clock } from '../core/clock.ts';
import type { Codec } from './codec.ts';
import { CLIENT_FAILURES, VitrineError, type ClientFailureCode } from './errors.ts';
import type { Loss } from './link.ts';
import type { CallOptions, CallReport, ClientLimits } from './types.ts';

/** What the calls need of the connection. */
export interface Wire {
  readonly open: boolean;
  readonly bufferedBytes: number;
  send(frame: Uint8Array | string): void;
}

export interface CallRules {
  readonly limits: ClientLimits;
  readonly whenFull: 'wait' | 'reject';
  readonly onCall: ((report: CallReport) => void) | undefined;
}

interface Call {
  readonly id: number;
  readonly op: string;
  readonly frame: Uint8Array | string;
  readonly resolve: (reply: Record<string, unknown>) => void;
  readonly reject: (error: VitrineError) => void;
  readonly bound: boolean;
  readonly onPart: SubmitOptions['onPart'];
  resendsLeft: number;
  sentUs: number; // NaN until sent
  release: () => void; // takes back the timer and the listener
}

/** What this client's own calls may ask for beside. */
export interface SubmitOptions extends CallOptions {
  /** Has a meaning on this connection only: goes before all others, and fails at its end. */
  readonly bound?: boolean;
  /** Of a call with a reply for each of its parts: told of each; the last ends the call. */
  readonly onPart?: (part: Record<string, unknown>, error: VitrineError | null) => void;
}

const TOO_LARGE = 1009; // the close code of a message above the server's limit
const CREDIT_ASKED_AT = 8; // unanswered calls: fewer than that are no burden to a server
const DRAIN_POLL_MS = 5; // a browser's WebSocket does not tell when its buffer has emptied

/** What may leave now: pure, so that every edge can be tested. */
export function mayLeave(
  wire: Pick<Wire, 'open' | 'bufferedBytes'>,
  inFlight: number,
  limits: Pick<ClientLimits, 'inFlightMax' | 'bufferedBytesMax'>,
): 'yes' | 'when a reply comes' | 'when the buffer drains' | 'when connected' {
  if (!wire.open) return 'when connected';
  if (inFlight >= limits.inFlightMax) return 'when a reply comes';
  if (wire.bufferedBytes >= limits.bufferedBytesMax) return 'when the buffer drains';
  return 'yes';
}

/**
 * The calls of one client: waiting, sent, answered. Each ends exactly once: with its reply, its
 * error, its timeout, its signal, or the connection's end.
 */
export class Calls {
  readonly #queue: Call[] = []; // oldest first
  readonly #sent = new Map<number, Call>();
  #lastId = 0;
  #creditId = 0; // of the question for this connection's credit; 0 while none was asked
  #bounds: Pick<ClientLimits, 'inFlightMax' | 'bufferedBytesMax'>;
  #drainTimer: (() => void) | null = null;

  constructor(
    private readonly wire: Wire,
    private readonly codec: Codec,
    private readonly clock: Clock,
    private readonly rules: CallRules,
  ) {
    this.#bounds = rules.limits;
  }

  get inFlight(): number {
    return this.#sent.size;
  }

  /** Sends `{id, op, ...body}` when there is room. Resolves to the reply, names in camelCase. */
  submit(op: string, body: object, options: SubmitOptions = {}): Promise<Record<string, unknown>> {
    const { signal, deadlineMs, priority, bound = false, onPart } = options;
    if (signal?.aborted) return Promise.reject(new VitrineError('cancelled'));
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    const id = ++this.#lastId;
    let frame: Uint8Array | string;
    try {
      frame = this.codec.encode({ id, op, deadlineMs, priority, ...body });
    } catch (cause) {
      return Promise.reject(asRefusal(op, cause));
    }
    return new Promise((resolve, reject) => {
      const resendsLeft = options.resendMax ?? this.rules.limits.resendMax;
      const call: Call = {
        id, op, frame, resolve, reject, bound, onPart, resendsLeft, sentUs: NaN, release: () => {},
      };
      call.release = this.#guard(call, options.timeoutMs ?? this.rules.limits.timeoutMs, signal);
      this.#queue.splice(this.#placeOf(call), 0, call);
      this.pump();
    });
  }

  /** The one place that sends: called when a call comes, a reply comes, or the connection opens. */
  pump(): void {
    while (this.#queue.length > 0) {
      const may = mayLeave(this.wire, this.#sent.size, this.#bounds);
      if (may === 'when the buffer drains') {
        this.#drainTimer ??= this.clock.after(DRAIN_POLL_MS * 1000, () => {
          this.#drainTimer = null;
          this.pump();
        });
      }
      if (may !== 'yes') return;
      const call = this.#queue.shift() as Call;
      call.sentUs = this.clock.nowUs();
      this.#sent.set(call.id, call);
      this.wire.send(call.frame);
      if (this.#creditId === 0 && this.#sent.size >= CREDIT_ASKED_AT) {
        this.#creditId = ++this.#lastId;
        this.wire.send(this.codec.encode({ id: this.#creditId, op: 'credit' }));
      }
    }
  }

  /** How many calls the server would have unanswered on this connection; what waits, waits here. */
  credited(credit: unknown): void {
    if (typeof credit !== 'number' || credit < 1) return; // it knows of no credit
    const { inFlightMax, bufferedBytesMax } = this.rules.limits;
    this.#bounds = { inFlightMax: Math.min(inFlightMax, credit), bufferedBytesMax };
    this.pump();
  }

  /** Ends the call that a reply belongs to. A late reply belongs to none, and is dropped. */
  answer(reply: Record<string, unknown>): void {
    const { id, error, ...body } = reply;
    if (id === this.#creditId) return this.credited(body.credit);
    const call = this.#sent.get(id as number);
    if (!call) return;
    if (call.onPart && typeof body.row === 'number') {
      call.onPart(body, error === undefined ? null : remoteError(error as Record<string, unknown>));
      if (body.more === true) return;
      this.#finish(call, 'ok', () => call.resolve({}));
    } else if (error === undefined) this.#finish(call, 'ok', () => call.resolve(body));
    else this.#fail(call, remoteError(error as Record<string, unknown>));
    this.pump();
  }

  /** A ping beside the queue and its limits: it asks whether anyone is there at all. */
  probe(): void {
    this.wire.send(this.codec.encode({ id: ++this.#lastId, op: 'ping' }));
  }

  /**
   * The connection is gone: calls that may be sent again wait for the next one, in their order.
   * Nothing is sent again when a message was too large, since any of them may have been the one.
   */
  lost(why: Loss): void {
    this.#creditId = 0;
    this.#bounds = this.rules.limits;
    const again = why.code === TOO_LARGE ? [] : [...this.#sent.values()].filter(mayResend);
    for (const call of again) {
      call.resendsLeft -= 1;
      this.#sent.delete(call.id);
    }
    const failing = [...this.#sent.values(), ...this.#queue.filter((call) => call.bound)];
    this.#queue.unshift(...again);
    const detail = `${CLIENT_FAILURES.disconnected.text} (${why.code} ${why.reason})`;
    for (const call of failing) this.#fail(call, new VitrineError('disconnected', detail));
  }

  /** Fails everything: nothing will be sent any more. */
  close(): void {
    this.#drainTimer?.();
    for (const call of [...this.#sent.values(), ...this.#queue]) {
      this.#fail(call, new VitrineError('closed'));
    }
  }

  #refusal(): VitrineError | null {
    const { limits, whenFull } = this.rules;
    const may = mayLeave(this.wire, this.#sent.size, this.#bounds);
    const waits = this.#queue.length > 0 || may !== 'yes';
    if (whenFull === 'reject' && this.wire.open && waits) {
      return new VitrineError('client_overloaded', `${this.#sent.size} calls are unanswered`);
    }
    if (this.#queue.length < limits.queueMax) return null;
    return new VitrineError('client_overloaded', `${limits.queueMax} calls wait to be sent`);
  }

  /** Bound calls go before all others, and keep their order: an unsubscribe its subscribe. */
  #placeOf({ bound }: Call): number {
    const at = bound ? this.#queue.findIndex((call) => !call.bound) : -1;
    return at < 0 ? this.#queue.length : at;
  }

  /** Watches the clock and the signal for a call. Returns what stops both. */
  #guard(call: Call, timeoutMs: number, signal: AbortSignal | undefined): () => void {
    const end = (code: ClientFailureCode, detail: string): void => {
      if (this.#sent.has(call.id)) this.#tellCancelled(call.id);
      this.#fail(call, new VitrineError(code, detail));
      this.pump();
    };
    const onAbort = (): void => end('cancelled', `${call.op} was cancelled by its caller`);
    const stopTimer =
      timeoutMs > 0
        ? this.clock.after(timeoutMs * 1000, () =>
            end('timeout', `${call.op} had no reply within ${timeoutMs} ms`))
        : () => {};
    signal?.addEventListener('abort', onAbort, { once: true });
    return () => {
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
    };
  }

  #tellCancelled(target: number): void {
    if (!this.wire.open) return;
    this.wire.send(this.codec.encode({ id: ++this.#lastId, op: 'cancel', target }));
  }

  #fail(call: Call, error: VitrineError): void {
    this.#finish(call, error.code, () => call.reject(error));
  }

  #finish(call: Call, code: string, settle: () => void): void {
    call.release();
    if (!this.#sent.delete(call.id)) {
      const at = this.#queue.indexOf(call);
      if (at >= 0) this.#queue.splice(at, 1);
    }
    const latencyMs = (this.clock.nowUs() - call.sentUs) / 1000;
    settle();
    this.rules.onCall?.({ op: call.op, latencyMs, code });
  }
}

function asRefusal(op: string, cause: unknown): VitrineError {
  if (cause instanceof VitrineError) return cause;
  return new VitrineError('bad_argument', `${op}: ${String(cause)}`, { cause });
}

function mayResend(call: Call): boolean {
  return !call.bound && call.resendsLeft > 0;
}

function remoteError(error: Record<string, unknown>): VitrineError {
  const code = String(error.code) as ClientFailureCode;
  const retryAfterMs = typeof error.retryAfterMs === 'number' ? error.retryAfterMs : undefined;
  return new VitrineError(code, String(error.message ?? ''), { retryAfterMs });
}
