/**
 * How a batch gets to a thread that waits for one, past the thread pool's queue: a number in memory
 * that both see, and a message back. A thread takes its first batch as any other order, and then
 * stays for a while, in case there is another.
 */
import type { MessagePort } from 'node:worker_threads';
import type { RunReply } from './protocol.ts';

/** Nobody waits: batches go the way of all orders. */
const AWAY = 0;
/** The thread waits for a batch. Higher numbers are a batch of a lane: the lane's, and `RUN`. */
const WAITS = 1;
const RUN = 2;
/** Without a batch for so long the thread goes back to where orders come in. */
const STAY_MS = 50;

export function signalMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
}

/** The front end's side. */
export class Caller {
  readonly #state: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.#state = new Int32Array(memory);
  }

  /** Hands the batch to a thread that waits for one; false where none does. */
  call(lane: number): boolean {
    return this.#change(lane + RUN);
  }

  /** Has the thread go back to where orders come in, before the next batch. */
  dismiss(): void {
    this.#change(AWAY);
  }

  #change(to: number): boolean {
    if (Atomics.compareExchange(this.#state, 0, WAITS, to) !== WAITS) return false;
    Atomics.notify(this.#state, 0);
    return true;
  }
}

/** The thread's side. */
export class Listener {
  readonly #state: Int32Array;

  constructor(
    memory: SharedArrayBuffer,
    private readonly port: MessagePort,
    private readonly stayMs = STAY_MS,
  ) {
    this.#state = new Int32Array(memory);
  }

  /** The reply to a batch, after which the next may come. */
  reply(reply: RunReply): void {
    Atomics.store(this.#state, 0, WAITS);
    this.port.postMessage(reply);
  }

  /** Blocks until there is a batch, and gives its lane; -1 when the thread is to go. */
  next(): number {
    Atomics.wait(this.#state, 0, WAITS, this.stayMs);
    // a batch may come this moment
    const state = Atomics.compareExchange(this.#state, 0, WAITS, AWAY);
    return state - RUN < 0 ? -1 : state - RUN;
  }
}
