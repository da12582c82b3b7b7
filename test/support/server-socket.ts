import { decodeMsgpack } from '../../server/wire/msgpack.ts';
import type { Socket, Subprotocol } from '../../server/transport/transport.ts';

type Message = Record<string, unknown>;

/** The server's end of a WebSocket, with nothing behind it: remembers what was sent. */
export class ServerSocket implements Socket {
  open = true;
  context: unknown = null;
  bufferedBytes = 0;
  closedWith: number | null = null;
  corks = 0;
  readonly sent: (Buffer | string)[] = [];
  readonly subprotocol: Subprotocol | undefined;
  readonly id = 1;

  constructor(subprotocol: Subprotocol | 'none' = 'vitrine.v1.msgpack') {
    this.subprotocol = subprotocol === 'none' ? undefined : subprotocol;
  }

  send(data: Uint8Array | string): boolean {
    if (!this.open) return false;
    this.sent.push(typeof data === 'string' ? data : Buffer.from(data));
    return true;
  }

  cork(run: () => void): void {
    this.corks += 1;
    run();
  }

  end(code: number): void {
    this.open = false;
    this.closedWith = code;
  }

  /** What was sent since the last call, decoded; the entries of a list one by one. */
  read(): Message[] {
    return this.sent.splice(0).flatMap((frame) => {
      const message: unknown = typeof frame === 'string' ? JSON.parse(frame) : decodeMsgpack(frame);
      return (Array.isArray(message) ? message : [message]) as Message[];
    });
  }
}

/** Resolves when the microtasks and immediates that are due have run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))));
}
