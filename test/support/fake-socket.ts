import { Packr, Unpackr } from 'msgpackr';
import type { SocketLike } from '../../server/client/link.ts';

type Message = Record<string, unknown>;

/** The far end of one client's sockets, held by the test: no network, no time. */
export class FakeNetwork {
  readonly sockets: FakeSocket[] = [];

  /** The class to hand to `connect`. */
  readonly WebSocket: new (url: string, protocols: string[]) => SocketLike;

  constructor() {
    const { sockets } = this;
    this.WebSocket = class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols);
        sockets.push(this);
      }
    };
  }

  /** The newest socket. */
  get last(): FakeSocket {
    return this.sockets.at(-1) as FakeSocket;
  }
}

export class FakeSocket implements SocketLike {
  binaryType = '';
  bufferedAmount = 0;
  closedWith: number | null = null;
  readonly sent: Message[] = []; // decoded, names as on the wire
  readonly protocol: string;
  onopen: SocketLike['onopen'] = null;
  onmessage: SocketLike['onmessage'] = null;
  onclose: SocketLike['onclose'] = null;
  onerror: SocketLike['onerror'] = null;
  readonly #packr = new Packr({ useRecords: false });
  readonly #unpackr = new Unpackr({ useRecords: false });

  constructor(readonly url: string, readonly protocols: string[]) {
    this.protocol = protocols[0] as string;
  }

  send(frame: Uint8Array | string): void {
    this.sent.push(typeof frame === 'string' ? JSON.parse(frame) : this.#unpackr.unpack(frame));
  }

  close(code = 1000): void {
    this.closedWith = code;
  }

  // What the test makes happen:

  open(): void {
    this.onopen?.();
  }

  reply(message: Message): void {
    if (this.protocol === 'vitrine.v1.json') return this.deliver(JSON.stringify(message));
    const { buffer, byteOffset, byteLength } = this.#packr.pack(message);
    this.deliver((buffer as ArrayBuffer).slice(byteOffset, byteOffset + byteLength));
  }

  deliver(data: unknown): void {
    this.onmessage?.({ data });
  }

  lose(code = 1006, reason = ''): void {
    this.onclose?.({ code, reason });
  }

  /** What was sent with this `op`. */
  of(op: string): Message[] {
    return this.sent.filter((message) => message.op === op);
  }
}
