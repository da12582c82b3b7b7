import { connect, type Socket } from 'node:net';

/** A TCP connection that shows just what came: for pipelining, aborts and bad HTTP. */
export class RawConnection {
  #text = '';
  #closed = false;
  #wake: (() => void)[] = [];

  private constructor(readonly socket: Socket) {
    socket.on('data', (data) => {
      this.#text += data.toString('latin1');
      this.#rouse();
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#rouse();
    });
  }

  static open(port: number): Promise<RawConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => resolve(new RawConnection(socket)));
      socket.once('error', reject);
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  write(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** All that came, once it satisfies `enough` or the connection has closed. */
  async until(enough: (text: string) => boolean): Promise<string> {
    while (!enough(this.#text) && !this.#closed)
      await new Promise<void>((wake) => this.#wake.push(wake));
    return this.#text;
  }

  ended(): Promise<string> {
    return this.until(() => false);
  }

  destroy(): void {
    this.socket.destroy();
  }

  #rouse(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

/** A GET or POST as text. */
export function requestText(
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body = '',
): string {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: test'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
