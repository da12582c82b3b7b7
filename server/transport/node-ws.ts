import assert from 'node:assert/strict';
import {
  createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES,
} from 'node:http';
import { createRequire } from 'node:module';
import { Server as TcpServer, type AddressInfo, type Socket as TcpSocket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Clock, systemClock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import {
  JSON_HEADERS,
  type OwnAnswer,
  bodiless,
  chooseSubprotocol,
  noSocketAnswer,
  tooLargeBody,
} from './answers.ts';
import { BodyGatherer, declaredBytes } from './body.ts';
import { PendingRequest } from './pending-request.ts';
import type {
  Handler,
  HttpRequest,
  HttpRespond,
  Socket,
  Subprotocol,
  Transport,
  TransportLimits,
} from './transport.ts';

const CLOSE_GRACE_US = 200_000; // for the other side to answer our close frame
const KEEP_ALIVE_MS = 10_000; // of an idle HTTP connection, as uWebSockets.js has it

const { version } = createRequire(import.meta.url)('ws/package.json') as { version: string };

/** Transport on `node:http` and `ws`: runs wherever Node does. */
export class NodeTransport implements Transport {
  readonly name = `ws ${version} on node:http`;
  readonly #server: Server;
  readonly #wss: WebSocketServer;
  readonly #sockets = new Set<NodeSocket>();
  #listening = false;
  #stopSweep: () => void;

  constructor(
    private readonly handler: Handler,
    private readonly limits: TransportLimits,
    private readonly clock: Clock = systemClock,
  ) {
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (req, res) =>
      this.#request(req, res),
    );
    this.#wss = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      clientTracking: false,
      maxPayload: limits.messageBytesMax, // past it `ws` closes with 1009 by itself
      handleProtocols: (offered) => chooseSubprotocol(offered) ?? false,
    });
    this.#server.on('upgrade', (req, stream, head) => this.#upgrade(req, stream, head));
    this.#stopSweep = this.#sweepLater();
  }

  listen(host: string, port: number, shared = false): Promise<number> {
    if (shared) throw new ServeError('unsupported', `${this.name} cannot share a port`);
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause) => {
        reject(
          new ServeError(
            'bad_argument',
            `${host}:${port} cannot be listened on: ${cause.message}`,
            { cause },
          ),
        );
      });
      this.#server.listen(port, host, () => {
        this.#listening = true;
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  stopListening(): void {
    if (!this.#listening) return;
    this.#listening = false;
    // http.Server's own `close` would cut idle keep-alive connections as well; ours stay.
    TcpServer.prototype.close.call(this.#server);
  }

  async close(): Promise<void> {
    this.stopListening();
    this.#stopSweep();
    const ended = [...this.#sockets].map((socket) =>
      socket.leave(1001, 'the server is shutting down'),
    );
    await Promise.race([
      Promise.all(ended),
      new Promise<void>((resolve) => this.clock.after(CLOSE_GRACE_US, resolve)),
    ]);
    for (const socket of this.#sockets) socket.cut();
    this.#server.closeAllConnections();
    this.#server.close(); // stops its timer of connection checks
  }

  #upgrade(req: IncomingMessage, stream: Duplex, head: Buffer): void {
    stream.on('error', () => {}); // a reset before the handshake ends is nobody's failure
    const own = noSocketAnswer(pathOf(req), req.headers['sec-websocket-key'] ?? '');
    if (own) return void stream.end(responseText(own));
    this.#wss.handleUpgrade(req, stream, head, (ws) => this.#open(ws, stream as TcpSocket));
  }

  #open(ws: WebSocket, stream: TcpSocket): void {
    const { handler, limits, clock } = this;
    stream.setNoDelay(true);
    const socket = new NodeSocket(ws, stream, limits.bufferedBytesMax, clock.nowUs(), {
      left: (left) => handler.close(left),
      gone: (gone) => this.#sockets.delete(gone),
    });
    this.#sockets.add(socket);
    handler.open(socket);
    ws.on('message', (data, binary) => {
      socket.heardUs = clock.nowUs();
      if (socket.open) handler.message(socket, data as Buffer, binary);
    });
    ws.on('ping', () => (socket.heardUs = clock.nowUs()));
    ws.on('pong', () => (socket.heardUs = clock.nowUs()));
  }

  #sweepLater(): () => void {
    const everyUs = (this.limits.idleSecondsMax * 1e6) / 8;
    const cancel = this.clock.after(everyUs, () => {
      const idleUsMax = this.limits.idleSecondsMax * 1e6;
      for (const socket of this.#sockets) socket.mind(this.clock.nowUs(), idleUsMax);
      this.#stopSweep = this.#sweepLater();
    });
    return cancel;
  }

  #request(req: IncomingMessage, res: ServerResponse): void {
    const { bodyBytesMax } = this.limits;
    const request = new NodeHttpRequest(req);
    const respond = responder(res, request);
    res.on('close', () => {
      if (!res.writableEnded) request.abort();
    });
    const own = noSocketAnswer(request.path, request.header('sec-websocket-key'));
    if (own) {
      req.resume(); // its body is nobody's
      return respond(own.status, own.headers, own.body);
    }
    const body = new BodyGatherer(declaredBytes(request.header('content-length')), bodyBytesMax);
    let answered = false;
    const refuse = (close: boolean) => {
      answered = true;
      respond(
        413,
        close ? { ...JSON_HEADERS, connection: 'close' } : JSON_HEADERS,
        tooLargeBody(bodyBytesMax),
      );
    };
    if (body.fate === 'cut') refuse(true); // by what it declares: it need not send any of it
    req.on('data', (chunk: Buffer) => {
      if (answered) return;
      body.add(chunk);
      if (body.fate === 'cut') refuse(true);
    });
    req.on('end', () => {
      if (answered) return;
      if (body.fate === 'discard') return refuse(false);
      answered = true;
      request.body = body.whole();
      this.handler.http(request, respond);
    });
    req.on('error', () => {}); // told by `close` of the response
  }
}

/** An answer to an upgrade, for which node:http makes no response. */
function responseText({ status, headers, body }: OwnAnswer): string {
  const all = { ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(body)) };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n');
}

function pathOf(req: IncomingMessage): string {
  return (req.url ?? '/').split('?', 1)[0] as string;
}

function responder(res: ServerResponse, request: NodeHttpRequest): HttpRespond {
  let responded = false;
  return (status, headers, body) => {
    assert(!responded, `${request.method} ${request.path} was answered twice`);
    responded = true;
    if (request.aborted) return;
    request.settle();
    if (bodiless(status)) return void res.writeHead(status, headers).end();
    res.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    res.end(body);
  };
}

class NodeHttpRequest extends PendingRequest implements HttpRequest {
  constructor(private readonly req: IncomingMessage) {
    const url = req.url ?? '/';
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    super((req.method ?? 'GET').toUpperCase(), path, mark < 0 ? '' : url.slice(mark + 1));
  }

  headers(): readonly string[] {
    return Object.keys(this.req.headers).flatMap((name) => [name, this.header(name)]);
  }

  header(name: string): string {
    const value = this.req.headers[name];
    return Array.isArray(value) ? value.join(', ') : (value ?? '');
  }
}

interface NodeSocketOwner {
  left(socket: NodeSocket): void; // nothing more can be sent
  gone(socket: NodeSocket): void; // the connection has ended
}

let socketsMade = 0;

class NodeSocket implements Socket {
  readonly id = ++socketsMade;
  readonly subprotocol: Subprotocol | undefined;
  open = true;
  context: unknown = null;
  #pinged = false;

  constructor(
    private readonly ws: WebSocket,
    private readonly stream: TcpSocket,
    private readonly bufferedBytesMax: number,
    public heardUs: number, // when the client last gave a sign of life
    private readonly owner: NodeSocketOwner,
  ) {
    this.subprotocol = ws.protocol === '' ? undefined : (ws.protocol as Subprotocol);
    ws.on('error', () => this.#lose()); // an oversized message, say: `ws` is closing it with 1009
    ws.on('close', () => {
      owner.gone(this);
      this.#lose();
    });
  }

  get bufferedBytes(): number {
    return this.open ? this.ws.bufferedAmount : 0;
  }

  send(data: Uint8Array | string): boolean {
    if (!this.open || this.ws.readyState !== this.ws.OPEN) return false;
    // `ws` keeps the bytes until the kernel takes them; the caller may reuse them before that.
    this.ws.send(typeof data === 'string' ? data : Buffer.from(data), () => {});
    if (this.ws.bufferedAmount <= this.bufferedBytesMax) return true;
    this.end(1013, 'too slow a reader');
    return false;
  }

  cork(run: () => void): void {
    if (!this.open) return;
    this.stream.cork();
    try {
      run();
    } finally {
      this.stream.uncork();
    }
  }

  end(code: number, reason: string): void {
    if (!this.open) return;
    this.open = false;
    this.ws.close(code, reason);
    queueMicrotask(() => this.owner.left(this));
  }

  /** Ends it; resolves when the connection is gone. */
  leave(code: number, reason: string): Promise<void> {
    return new Promise((resolve) => {
      this.ws.on('close', () => resolve());
      this.end(code, reason);
    });
  }

  /** Pings a silent socket, and cuts it when the ping stays unanswered. */
  mind(nowUs: number, idleUsMax: number): void {
    const silentUs = nowUs - this.heardUs;
    if (silentUs >= idleUsMax) return this.ws.terminate();
    if (silentUs < idleUsMax / 2) this.#pinged = false;
    else if (!this.#pinged && this.open) {
      this.#pinged = true;
      this.ws.ping();
    }
  }

  cut(): void {
    this.ws.terminate();
  }

  /** The other side ended it. */
  #lose(): void {
    if (!this.open) return;
    this.open = false;
    this.owner.left(this);
  }
}
