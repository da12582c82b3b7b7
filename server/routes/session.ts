import { ServeError } from '../core/errors.ts';
import type { FailureCode } from '../core/errors.ts';
import type { Socket } from '../transport/transport.ts';
import { encodeMessage, errorReply, type Outgoing, type WireFormat } from '../wire/encode.ts';
import type { CreditPush, Op, Push, RequestId, Request } from '../wire/schema.ts';
import { Credit, type Credits } from './credit.ts';
import type { RequestLog } from '../observe/request-log.ts';
import { Caller } from './desk.ts';
import type { InferTemplate } from './infer-template.ts';
import { Flights } from './flights.ts';
import { Mailbox, type Outbox } from './outbox.ts';
import type { RefusalPost } from './refusal-post.ts';

/** A request that has been taken and not answered. */
export interface Flight {
  readonly id: RequestId;
  /** Gives it up; true when it is answered `cancelled`, false when it is too late for that. */
  cancel(): boolean;
}

/** Told of each answered request, to count it. */
export type SocketObserver = (op: Op | 'unreadable', code: 'ok' | FailureCode) => void;

export interface SessionLimits {
  readonly requestsMax: number; // unanswered; more are answered `overloaded`
  readonly pushBufferedBytesMax: number; // a reader that is further behind misses pushes
}

const RETRY_AFTER_MS = 20; // a socket's own answers make room, one after the other

/** One WebSocket: its unanswered requests, what it listens to, what it did wrong. */
export class Session {
  readonly flights = new Flights();
  readonly subscriptions = new Map<string, () => void>(); // by session; calling one ends it
  readonly box: Mailbox;
  readonly heldBox: Mailbox; // of refusals that wait for one another
  readonly caller = new Caller();
  /** The last shape of request that came by the fast path: the next is likely to have it too. */
  template: InferTemplate | null = null;
  badFrames = 0;
  wrongKinds = 0;
  /** Requests beyond what it may leave unanswered, less the answered ones since. */
  overruns = 0;
  /** How many requests may be unanswered; one more is answered `overloaded`. */
  requestsMax: number;
  readonly #open = new Map<RequestId, { ms: number; traceId: string | undefined }>(); // to be logged
  #credit: Credit | null = null; // of who has asked for it
  #fullError: ServeError | null = null;

  constructor(
    readonly socket: Socket,
    readonly limits: SessionLimits,
    private readonly outbox: Outbox,
    private readonly refusals: RefusalPost,
    private readonly observe: SocketObserver,
    private readonly requests: RequestLog | null = null,
  ) {
    this.box = new Mailbox(socket);
    this.heldBox = new Mailbox(socket);
    this.requestsMax = limits.requestsMax;
  }

  /** It has sent a list of requests: replies that leave together are a list from now on. */
  speaksLists(): void {
    this.box.lists = true;
    this.heldBox.lists = true;
  }

  /**
   * From now on the socket is told when its credit changes. What it sent before it heard of that is
   * still let in: twice as much may be unanswered.
   */
  askCredit(format: WireFormat, credits: Credits): number {
    const most = this.limits.requestsMax;
    const allow = (credit: number): void => {
      this.requestsMax = Math.min(most, credit * 2);
      this.#fullError = null;
    };
    this.#credit ??= new Credit(credits, most, (credit) => {
      allow(credit);
      this.push(format, { push: 'credit', credit });
    });
    allow(this.#credit.told);
    return this.#credit.told;
  }

  /** Throws `bad_argument` while a request of this id is unanswered. */
  checkId(id: RequestId): void {
    if (!this.flights.has(id)) return;
    throw new ServeError('bad_argument', `id: a request ${JSON.stringify(id)} is still unanswered`);
  }

  /** Throws `overloaded` when no more requests may be left unanswered. */
  checkRoom(): void {
    if (this.flights.size < this.requestsMax) return;
    throw this.overrun();
  }

  /**
   * What a request is told for which there is no room. Made once: under a flood an error with its
   * stack costs more than all else of a refusal.
   */
  overrun(): ServeError {
    this.overruns += 1;
    const detail = `${this.requestsMax} requests of this socket are unanswered`;
    this.#fullError ??= new ServeError('overloaded', detail, { retryAfterMs: RETRY_AFTER_MS });
    return this.#fullError;
  }

  /** Ends a flight; false when it has been answered already. */
  land(flight: Flight): boolean {
    return this.flights.get(flight.id) === flight && this.flights.delete(flight.id);
  }

  reply(format: WireFormat, op: Op, message: Outgoing): void {
    if (!this.socket.open) return;
    let frame: Uint8Array | string;
    try {
      frame = encodeMessage(format, message);
    } catch (error) {
      // An output that JSON cannot carry: this request failed, and no other.
      if (!(error instanceof ServeError)) throw error;
      return this.fail(format, op, message.id ?? null, error);
    }
    this.outbox.put(this.box, frame);
    this.answered(op);
    this.#logged(op, message.id, 'ok', message['traceparent']);
  }

  /** `more` is what the reply says beside. */
  fail(
    format: WireFormat, op: Op | 'unreadable', id: RequestId | null, error: ServeError, more: object = {},
  ): void {
    if (!this.socket.open) return;
    const frame = encodeMessage(format, { ...errorReply(id, error), ...more });
    if (this.refusals.holds(error.code)) this.refusals.held.put(this.heldBox, frame);
    else this.outbox.put(this.box, frame);
    this.refused(op, error.code);
    this.#logged(op, id, error.code);
  }

  /** From now on, for the log's line about it. */
  logs({ id, context }: Request): void {
    this.#open.set(id, { ms: performance.now(), traceId: context?.traceId });
  }

  #logged(what: string, id: RequestId | null | undefined, outcome: string, parent?: unknown): void {
    if (this.requests === null) return;
    const { ms = performance.now(), traceId } = this.#open.get(id ?? '') ?? {};
    this.#open.delete(id ?? '');
    this.requests.add({
      way: 'websocket', what, outcome, failed: outcome !== 'ok', ms: performance.now() - ms,
      id: id ?? undefined, socket: this.socket.id,
      traceId: traceId ?? (typeof parent === 'string' ? parent.split('-')[1] : undefined),
    });
  }

  /** Counts a refusal, and what it does to the credit. */
  refused(op: Op | 'unreadable', code: FailureCode): void {
    if (this.#credit !== null && (code === 'overloaded' || code === 'deadline')) this.#credit.refused();
    this.observe(op, code);
  }

  /** The same of an answer. */
  answered(op: Op): void {
    if (this.overruns > 0) this.overruns -= 1;
    if (this.#credit !== null) this.#credit.answered();
    this.observe(op, 'ok');
  }

  /** Sends a push, unless the reader is behind: the gap in `sequence` tells it so. */
  push(format: WireFormat, push: Push | CreditPush): void {
    const { socket, limits } = this;
    if (!socket.open || socket.bufferedBytes > limits.pushBufferedBytesMax) return;
    this.outbox.put(this.box, encodeMessage(format, { ...push }));
  }

  /** The socket is gone: nothing is waited for and nothing listened to any more. */
  end(): void {
    for (const flight of this.flights.list()) flight.cancel();
    for (const stop of this.subscriptions.values()) stop();
    this.subscriptions.clear();
    this.#credit?.end();
    this.#credit = null;
  }
}
