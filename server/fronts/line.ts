import type { MessagePort, Worker } from 'node:worker_threads';
import { asServeError, type FailureCode, ServeError } from '../core/errors.ts';

/** Either end of what connects two threads. */
export type Port = MessagePort | Worker;

/** What stands for a `ServeError` on the way. */
interface Told {
  readonly code: FailureCode;
  readonly detail: string;
  readonly retryAfterMs: number | undefined;
}

type Message =
  | { readonly call: number; readonly what: string; readonly body: unknown }
  | { readonly tell: string; readonly body: unknown }
  | { readonly cancel: number }
  | { readonly push: number; readonly body: unknown }
  | { readonly done: number; readonly value: unknown }
  | { readonly failed: number; readonly error: Told };

/**
 * How a call from the other end is answered: `push` any number of times, then one of the others.
 */
export interface Answering {
  push(body: unknown): void;
  done(value: unknown): void;
  fail(error: ServeError): void;
}

/** Takes a call. What it throws is its answer. Returns what gives the call up, if anything does. */
export type Taker = (body: never, answer: Answering) => (() => void) | void;
/** Takes what wants no answer. */
export type Listener = (body: never) => void;

export interface Call<Value> {
  readonly settled: (error: ServeError | null, value: Value | null) => void;
  readonly pushed?: (body: never) => void;
}

/**
 * What two threads ask of each other. Messages of one turn of the event loop travel together: a
 * message alone costs 10 us, one among many less than one. Bodies are copied when the turn ends, so
 * whoever sends one leaves it alone.
 */
export class Line {
  readonly #takers = new Map<string, Taker>();
  readonly #listeners = new Map<string, Listener>();
  readonly #calls = new Map<number, Call<never>>(); // of this end, unanswered
  readonly #taken = new Map<number, () => void>(); // of the other end: what gives each up
  #waiting: Message[] = [];
  #called = 0;
  #closed = false;
  readonly #flush = (): void => this.flush();

  /** `onFailed` is told of what calls from the other end fail with, which has more to it here. */
  constructor(
    private readonly port: Port,
    private readonly onFailed: (what: string, error: ServeError) => void = () => {},
    private readonly later: (run: () => void) => void = setImmediate,
  ) {
    port.on('message', (messages: readonly Message[]) => {
      for (const message of messages) this.#received(message);
    });
  }

  /** Calls of this name are taken by it. */
  take(what: string, taker: Taker): this {
    this.#takers.set(what, taker);
    return this;
  }

  hear(what: string, listener: Listener): this {
    this.#listeners.set(what, listener);
    return this;
  }

  /** Returns what gives the call up; it is answered all the same. */
  call<Value>(what: string, body: unknown, call: Call<Value>): () => void {
    this.#called += 1;
    const number = this.#called;
    this.#calls.set(number, call as Call<never>);
    this.#send({ call: number, what, body });
    return () => {
      if (this.#calls.has(number)) this.#send({ cancel: number });
    };
  }

  /** The same as a promise. */
  ask<Value>(what: string, body: unknown = null): Promise<Value> {
    return new Promise((resolve, reject) => {
      const settled = (error: ServeError | null, value: Value | null): void => {
        if (error) reject(error);
        else resolve(value as Value);
      };
      this.call<Value>(what, body, { settled });
    });
  }

  tell(what: string, body: unknown): void {
    this.#send({ tell: what, body });
  }

  /** Sends what waits, now. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    const messages = this.#waiting;
    this.#waiting = [];
    if (!this.#closed) this.port.postMessage(messages);
  }

  /** The other end is gone: what it owes is answered `draining`. */
  close(): void {
    this.#closed = true;
    const owed = [...this.#calls.values()];
    this.#calls.clear();
    for (const { settled } of owed) settled(new ServeError('draining'), null);
    for (const giveUp of this.#taken.values()) giveUp();
    this.#taken.clear();
  }

  #send(message: Message): void {
    this.#waiting.push(message);
    if (this.#waiting.length === 1) this.later(this.#flush);
  }

  #received(message: Message): void {
    if ('call' in message) return this.#take(message.call, message.what, message.body);
    if ('tell' in message) return this.#listeners.get(message.tell)?.(message.body as never);
    if ('cancel' in message) return this.#taken.get(message.cancel)?.();
    if ('push' in message) {
      return this.#calls.get(message.push)?.pushed?.(message.body as never);
    }
    const number = 'done' in message ? message.done : message.failed;
    const call = this.#calls.get(number);
    this.#calls.delete(number);
    if ('done' in message) return call?.settled(null, message.value as never);
    const { code, detail, retryAfterMs } = message.error;
    const options = retryAfterMs === undefined ? {} : { retryAfterMs };
    call?.settled(new ServeError(code, detail, options), null);
  }

  #take(number: number, what: string, body: unknown): void {
    let open = true;
    const end = (message: Message): void => {
      if (!open) return;
      open = false;
      this.#taken.delete(number);
      this.#send(message);
    };
    const fail = (error: ServeError): void => {
      if (open) this.onFailed(what, error);
      const { code, detail, retryAfterMs } = error;
      end({ failed: number, error: { code, detail, retryAfterMs } });
    };
    const answer: Answering = {
      push: (pushed) => {
        if (open) this.#send({ push: number, body: pushed });
      },
      done: (value) => end({ done: number, value }),
      fail,
    };
    try {
      const taker = this.#takers.get(what);
      if (!taker) throw new Error(`nobody takes '${what}'`);
      const giveUp = taker(body as never, answer);
      if (open && giveUp) this.#taken.set(number, giveUp);
    } catch (thrown) {
      fail(asServeError(thrown));
    }
  }
}
