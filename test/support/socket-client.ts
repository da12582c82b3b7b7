import { once } from 'node:events';
import { WebSocket, type ClientOptions } from 'ws';

export interface Received {
  readonly data: Buffer;
  readonly binary: boolean;
}

/** A WebSocket client whose messages are taken one at a time. */
export class SocketClient {
  readonly #inbox: Received[] = [];
  readonly #waiting: ((message: Received) => void)[] = [];
  /** Resolves to the close code. */
  readonly closed: Promise<number>;

  private constructor(readonly ws: WebSocket) {
    ws.on('message', (data, binary) => {
      const message = { data: data as Buffer, binary };
      const waiting = this.#waiting.shift();
      if (waiting) waiting(message);
      else this.#inbox.push(message);
    });
    ws.on('error', () => {});
    this.closed = new Promise((resolve) => ws.on('close', (code) => resolve(code)));
  }

  static async open(
    port: number,
    protocols: string[] = [],
    options: ClientOptions = {},
  ): Promise<SocketClient> {
    const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, protocols, {
      perMessageDeflate: false,
      ...options,
    });
    const client = new SocketClient(ws);
    await once(ws, 'open');
    return client;
  }

  get unread(): number {
    return this.#inbox.length;
  }

  send(data: Uint8Array | string): void {
    this.ws.send(data);
  }

  next(): Promise<Received> {
    const message = this.#inbox.shift();
    if (message) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Leaves without a close frame. */
  vanish(): void {
    this.ws.terminate();
  }

  async close(): Promise<void> {
    this.ws.close();
    await this.closed;
  }
}
