import assert from 'node:assert/strict';
import { STATUS_CODES } from 'node:http';
import { threadId } from 'node:worker_threads';
import { ServeError } from '../core/errors.ts';
import { systemClock } from '../core/clock.ts';
import {
  JSON_HEADERS,
  SOCKET_PATH,
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
import type {
  Uws,
  UwsApp,
  UwsLibrary,
  UwsRequest,
  UwsResponse,
  UwsWebSocket,
} from './uws-library.ts';

const CLOSE_GRACE_US = 50_000; // for close frames to leave before connections are cut

/** Transport on uWebSockets.js. */
export class UwsTransport implements Transport {
  readonly name: string;
  readonly #uws: Uws;
  readonly #app: UwsApp;
  readonly #sockets = new Set<UwsSocket>();
  #listening: unknown = null;

  constructor(
    library: UwsLibrary,
    private readonly handler: Handler,
    private readonly limits: TransportLimits,
  ) {
    this.name = library.name;
    this.#uws = library.uws;
    this.#app = library.uws.App();
    this.#routeSockets();
    this.#app.any('/*', (res, req) => this.#request(res, req));
  }

  listen(host: string, port: number, shared = false): Promise<number> {
    // Without EXCLUSIVE a second server would share the port in silence.
    const options = shared ? 0 : this.#uws.LIBUS_LISTEN_EXCLUSIVE_PORT;
    return new Promise((resolve, reject) => {
      this.#app.listen(host, port, options, (token) => {
        if (!token) {
          const detail = 'it is taken or not ours; choose another PORT (--port)';
          return reject(
            new ServeError('bad_argument', `${host}:${port} cannot be listened on: ${detail}`),
          );
        }
        this.#listening = token;
        resolve(this.#uws.us_socket_local_port(token));
      });
    });
  }

  stopListening(): void {
    if (this.#listening) this.#uws.us_listen_socket_close(this.#listening);
    this.#listening = null;
  }

  async close(): Promise<void> {
    this.stopListening();
    for (const socket of [...this.#sockets]) socket.end(1001, 'the server is shutting down');
    await new Promise<void>((resolve) => systemClock.after(CLOSE_GRACE_US, resolve));
    this.#app.close();
  }

  #routeSockets(): void {
    const { handler, limits } = this;
    this.#app.ws(SOCKET_PATH, {
      // Past this uWS cuts the connection without a close frame, so it stands above the limit that
      // is answered with 1009 in `message`.
      maxPayloadLength: limits.messageBytesMax * 2,
      maxBackpressure: 0, // none: `UwsSocket.send` keeps watch, and closes with 1013
      idleTimeout: limits.idleSecondsMax,
      sendPingsAutomatically: true,
      compression: this.#uws.DISABLED,
      upgrade: (res, req, context) => {
        const offered = req
          .getHeader('sec-websocket-protocol')
          .split(',')
          .map((name) => name.trim());
        res.upgrade(
          { subprotocol: chooseSubprotocol(offered) },
          req.getHeader('sec-websocket-key'),
          chooseSubprotocol(offered) ?? '',
          req.getHeader('sec-websocket-extensions'),
          context,
        );
      },
      open: (ws) => {
        const { subprotocol } = ws.getUserData() as { subprotocol: Subprotocol | undefined };
        const socket = new UwsSocket(ws, subprotocol, limits.bufferedBytesMax, (closed) => {
          this.#sockets.delete(closed);
          handler.close(closed);
        });
        (ws as Tagged).vitrine = socket;
        this.#sockets.add(socket);
        handler.open(socket);
      },
      message: (ws, data, binary) => {
        const socket = (ws as Tagged).vitrine;
        if (!socket.open) return;
        if (data.byteLength > limits.messageBytesMax) {
          return socket.end(1009, `a message may have ${limits.messageBytesMax} bytes`);
        }
        handler.message(socket, new Uint8Array(data), binary);
      },
      close: (ws) => (ws as Tagged).vitrine.gone(),
    });
  }

  #request(res: UwsResponse, req: UwsRequest): void {
    const request = new UwsHttpRequest(req); // all is read now: `req` dies with this call
    const respond = responder(res, request);
    res.onAborted(() => request.abort());
    const own = noSocketAnswer(request.path, request.header('sec-websocket-key'));
    if (own) return respond(own.status, own.headers, own.body);
    const length = request.header('content-length');
    if (length === '' && request.header('transfer-encoding') === '') {
      return this.handler.http(request, respond);
    }
    this.#gather(res, request, respond, declaredBytes(length));
  }

  #gather(res: UwsResponse, request: UwsHttpRequest, respond: UwsRespond, declared: number): void {
    const { bodyBytesMax } = this.limits;
    // Most bodies come whole, and need none.
    let body = declared > bodyBytesMax ? new BodyGatherer(declared, bodyBytesMax) : null;
    let answered = false;
    const refuse = (close: boolean) => {
      answered = true;
      respond(413, JSON_HEADERS, tooLargeBody(bodyBytesMax), close);
    };
    // by what it declares: it need not send any of it
    if (body?.fate === 'cut') return refuse(true);
    res.onData((chunk, last) => {
      if (answered) return;
      const own = Buffer.from(new Uint8Array(chunk)); // uWS takes the memory back when this returns
      if (last && body === null && own.byteLength <= bodyBytesMax) {
        answered = true;
        request.body = own;
        return this.handler.http(request, respond);
      }
      body ??= new BodyGatherer(declared, bodyBytesMax);
      body.add(own);
      if (body.fate === 'cut') return refuse(true);
      if (!last) return;
      if (body.fate === 'discard') return refuse(false);
      answered = true;
      request.body = body.whole();
      this.handler.http(request, respond);
    });
  }
}

type Tagged = UwsWebSocket & { vitrine: UwsSocket };
type UwsRespond = (...args: [...Parameters<HttpRespond>, close?: boolean]) => void;

/** Sends one response in one cork; nothing once the client has gone. */
function responder(res: UwsResponse, request: UwsHttpRequest): UwsRespond {
  let responded = false;
  return (status, headers, body, close = false) => {
    assert(!responded, `${request.method} ${request.path} was answered twice`);
    responded = true;
    if (request.aborted) return;
    request.settle();
    res.cork(() => {
      // 200 by itself
      if (status !== 200) res.writeStatus(`${status} ${STATUS_CODES[status] ?? ''}`);
      for (const name in headers) res.writeHeader(name, headers[name] as string);
      if (bodiless(status)) return void res.endWithoutBody();
      if (request.method !== 'HEAD') return void res.end(body, close);
      // Given the length, `endWithoutBody` of 20.30 waits for a body that never comes.
      res.writeHeader('content-length', String(Buffer.byteLength(body)));
      res.endWithoutBody();
    });
  };
}

class UwsHttpRequest extends PendingRequest implements HttpRequest {
  readonly #headers: string[] = []; // names and values in turn: there are few, a Map costs more

  constructor(req: UwsRequest) {
    super(methodOf(req.getMethod()), req.getUrl(), req.getQuery() ?? '');
    req.forEach((name, value) => void this.#headers.push(name, value));
  }

  headers(): readonly string[] {
    return this.#headers;
  }

  header(name: string): string {
    const headers = this.#headers;
    let found = '';
    for (let at = 0; at < headers.length; at += 2) {
      if (headers[at] !== name) continue;
      found = found === '' ? (headers[at + 1] as string) : `${found}, ${headers[at + 1]}`;
    }
    return found;
  }
}

function methodOf(method: string): string {
  return method === 'post' ? 'POST' : method === 'get' ? 'GET' : method.toUpperCase();
}

const IDS_A_THREAD = 2 ** 32; // so that no two sockets of a process are alike in its log
let socketsMade = threadId * IDS_A_THREAD;

class UwsSocket implements Socket {
  readonly id = ++socketsMade;
  open = true;
  context: unknown = null;

  constructor(
    private readonly ws: UwsWebSocket,
    readonly subprotocol: Subprotocol | undefined,
    private readonly bufferedBytesMax: number,
    private readonly onClosed: (socket: UwsSocket) => void,
  ) {}

  get bufferedBytes(): number {
    return this.open ? this.ws.getBufferedAmount() : 0;
  }

  send(data: Uint8Array | string): boolean {
    if (!this.open) return false;
    // 1: the kernel has it; 0: it waits. Only then is the backlog worth a call.
    if (this.ws.send(data, typeof data !== 'string', false) === 1) return true;
    if (this.ws.getBufferedAmount() <= this.bufferedBytesMax) return true;
    this.end(1013, 'too slow a reader');
    return false;
  }

  cork(run: () => void): void {
    if (this.open) this.ws.cork(run);
  }

  end(code: number, reason: string): void {
    if (!this.open) return;
    this.open = false; // uWS calls `close` inside `end`: `gone` then finds it closed already
    this.ws.end(code, reason);
    queueMicrotask(() => this.onClosed(this));
  }

  /** uWS has closed it; `ws` may not be touched again. */
  gone(): void {
    if (!this.open) return;
    this.open = false;
    this.onClosed(this);
  }
}
