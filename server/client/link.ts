import type { Clock } from '../core/clock.ts';
import { backoffMs } from './backoff.ts';
import { VitrineError } from './errors.ts';
import type { ClientLimits, LinkState } from './types.ts';

/** As much of a browser's WebSocket as is used here; the `ws` package has the same. */
export interface SocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly protocol: string;
  send(frame: Uint8Array | string): void;
  close(code?: number, reason?: string): void;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
  onerror: (() => void) | null;
}
export type SocketConstructor = new (url: string, protocols: string[]) => SocketLike;

/** How a connection ended. 1006 and no reason is all that is known of most ends. */
export interface Loss {
  readonly code: number; // WebSocket close code
  readonly reason: string;
}

/** What the link tells of. */
export interface LinkEvents {
  opened(): void;
  frame(data: ArrayBuffer | string): void;
  lost(why: Loss): void; // an open connection went: what was sent on it is answered by nobody
  state(state: LinkState): void;
  ping(): void; // asked for after `heartbeatMs` of silence; any frame in reply will do
}

const SILENCE: Loss = { code: 1006, reason: 'nothing was heard for too long' };

/** One WebSocket that comes back: connects, watches for silence, reconnects with back-off. */
export class Link {
  #socket: SocketLike | null = null;
  #state: LinkState = 'connecting';
  #attempt = 0;
  #heardUs = 0;
  #cancelTimer: (() => void) | null = null; // connect timeout, heartbeat or back-off: one at a time

  constructor(
    private readonly url: string,
    private readonly subprotocol: string,
    private readonly Socket: SocketConstructor,
    private readonly limits: ClientLimits,
    private readonly clock: Clock,
    private readonly chance: () => number,
    private readonly events: LinkEvents,
  ) {}

  get state(): LinkState {
    return this.#state;
  }

  /** Bytes that the kernel has not taken. */
  get bufferedBytes(): number {
    return this.#socket?.bufferedAmount ?? 0;
  }

  /** Only while `state` is `open`. */
  send(frame: Uint8Array | string): void {
    this.#socket?.send(frame);
  }

  /** Throws `bad_argument` for a URL that no WebSocket takes. */
  connect(): void {
    const socket = this.#makeSocket(); // first: where it throws, nothing may be left to come back
    this.#become('connecting');
    this.#wait(this.limits.connectTimeoutMs, () => this.#drop(SILENCE));
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => void (socket === this.#socket && this.#opened());
    socket.onmessage = (event) => void (socket === this.#socket && this.#heard(event.data));
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#drop({ code: event.code, reason: event.reason });
    };
    socket.onerror = () => {}; // `close` always follows, and says all that a page may know
  }

  close(): void {
    this.#cancelTimer?.();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000, 'the client was closed');
    this.#become('closed');
  }

  #makeSocket(): SocketLike {
    try {
      return new this.Socket(this.url, [this.subprotocol]);
    } catch (cause) {
      const detail = `'${this.url}' is no URL of a WebSocket, such as ws://127.0.0.1:8080/ws`;
      throw new VitrineError('bad_argument', detail, { cause });
    }
  }

  #opened(): void {
    this.#heardUs = this.clock.nowUs();
    this.#become('open');
    this.#listen();
    this.events.opened();
  }

  #heard(data: unknown): void {
    this.#heardUs = this.clock.nowUs();
    this.#attempt = 0; // not at `open`: a server that accepts and hangs up is still backed off from
    this.events.frame(data as ArrayBuffer | string);
  }

  /** Pings after silence, and gives the connection up when even that brings nothing. */
  #listen(): void {
    const silentMs = (this.clock.nowUs() - this.#heardUs) / 1000;
    if (silentMs < this.limits.heartbeatMs) {
      this.#wait(this.limits.heartbeatMs - silentMs, () => this.#listen());
      return;
    }
    const askedUs = this.#heardUs;
    this.events.ping();
    this.#wait(this.limits.heartbeatTimeoutMs, () => {
      if (this.#heardUs === askedUs) this.#drop(SILENCE);
      else this.#listen();
    });
  }

  /** The connection is gone, or is no use: let go of it and come back later. */
  #drop(why: Loss): void {
    const wasOpen = this.#state === 'open';
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    const waitMs = backoffMs(this.#attempt, this.chance(), {
      firstMs: this.limits.backoffFirstMs,
      maxMs: this.limits.backoffMaxMs,
    });
    this.#attempt += 1;
    this.#wait(waitMs, () => this.connect());
    this.#become('waiting');
    if (wasOpen) this.events.lost(why);
  }

  #wait(ms: number, run: () => void): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.clock.after(ms * 1000, run);
  }

  #become(state: LinkState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.events.state(state);
  }
}
