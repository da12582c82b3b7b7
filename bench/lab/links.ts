/** The connections of the generator in TypeScript: one WebSocket, or one HTTP connection, each. */
import { Agent as HttpAgent, request as httpRequest, type ClientRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { WebSocket } from 'ws';
import { headersOf, methodOf } from './http-request.ts';
import { ID_FIRST, ID_SPAN } from './limits.ts';
import { LoadProblem } from './problem.ts';
import { readResponse, replyReader, withComplaint, type ReadReply, type Reply } from './replies.ts';
import type { Request, Target } from './target.ts';

export interface LinkEvents {
  /** A reply to `row`; null where it is known by the id that it repeats. */
  reply(link: Link, row: number | null, reply: Reply): void;
  /** The request will have no reply. */
  lost(link: Link, row: number): void;
  /** The server closed it. */
  closed(link: Link): void;
}

export interface Link {
  /** False once the server has closed it: what is sent then is lost. */
  readonly open: boolean;
  inFlight: number;
  send(row: number, request: Request): void;
  end(): void;
}

const PATIENCE_MS = 10_000; // a server that takes longer to let a connection in is not there

/** Resolves once the server has let it in. */
export function openLink(target: Target, events: LinkEvents): Promise<Link> {
  if (target.transport === 'http') return Promise.resolve(new HttpLink(target, events));
  const scheme = target.tls ? 'wss' : 'ws';
  const host = target.host.includes(':') ? `[${target.host}]` : target.host;
  const socket = new WebSocket(`${scheme}://${host}:${target.port}${target.path}`, target.subprotocol, {
    headers: { ...target.headers },
    perMessageDeflate: false,
    handshakeTimeout: PATIENCE_MS,
  });
  return new Promise((resolve, reject) => {
    const refuse = (why: Error) => reject(new LoadProblem(`cannot connect to ${target.url}: ${why.message}`, 1));
    socket.once('error', refuse);
    socket.once('open', () => {
      socket.off('error', refuse);
      resolve(new SocketLink(target, socket, events));
    });
  });
}

class SocketLink implements Link {
  inFlight = 0;
  readonly #byOrder: boolean;
  readonly #order: number[] = [];
  readonly #read: ReadReply;

  constructor(
    private readonly target: Target,
    private readonly socket: WebSocket,
    events: LinkEvents,
  ) {
    this.#byOrder = target.replies.by === 'order';
    this.#read = replyReader(target.replies);
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => events.closed(this));
    socket.on('message', (data: Buffer) => {
      const row = this.#byOrder ? (this.#order.shift() ?? -1) : null;
      events.reply(this, row, withComplaint(this.#read(data), data));
    });
  }

  get open(): boolean {
    return this.socket.readyState === WebSocket.OPEN;
  }

  send(row: number, request: Request): void {
    if (this.#byOrder) this.#order.push(row);
    const binary = this.target.replies.by === 'msgpack' || request.text !== true;
    this.socket.send(stamped(request, row, this.target), { binary });
  }

  end(): void {
    this.socket.terminate();
  }
}

class HttpLink implements Link {
  readonly open = true; // a connection that broke is made anew by the next request
  inFlight = 0;
  readonly #agent: HttpAgent;
  readonly #read: ReadReply;
  #current: ClientRequest | null = null;

  constructor(private readonly target: Target, private readonly events: LinkEvents) {
    const options = { keepAlive: true, maxSockets: 1 };
    this.#agent = target.tls ? new HttpsAgent(options) : new HttpAgent(options);
    this.#read = replyReader(target.replies);
  }

  send(row: number, request: Request): void {
    const { target, events } = this;
    let over = false;
    const once = (end: () => void) => {
      if (over) return;
      over = true;
      end();
    };
    const ask = target.tls ? httpsRequest : httpRequest;
    const method = methodOf(request);
    const path = request.path ?? target.path;
    const { host: hostname, port } = target;
    const headers = headersOf(target, request);
    this.#current = ask({ agent: this.#agent, hostname, port, method, path, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.once('end', () => once(() => {
        const body = Buffer.concat(parts);
        const { statusCode: status = 0 } = response;
        const reply = readResponse(target.replies, this.#read, status, body);
        events.reply(this, row, withComplaint(reply, body, status));
      }));
      response.once('error', () => once(() => events.lost(this, row)));
    });
    this.#current.setNoDelay(true);
    this.#current.once('error', () => once(() => events.lost(this, row)));
    this.#current.end(stamped(request, row, target));
  }

  end(): void {
    this.#current?.destroy();
    this.#agent.destroy();
  }
}

/** The id that a request of this row carries. */
export function idOf(row: number): number {
  return ID_FIRST + (row % ID_SPAN);
}

function stamped({ body, idAt }: Request, row: number, { replies }: Target): Uint8Array {
  if (idAt === undefined) return body;
  const bytes = Buffer.from(body);
  if (replies.by === 'msgpack') bytes.writeUInt32BE(idOf(row), idAt);
  else bytes.write(String(idOf(row)), idAt, 'latin1');
  return bytes;
}
