import { asServeError, ServeError } from '../core/errors.ts';
import { logDefect } from '../core/log.ts';
import type { RequestLog } from '../observe/request-log.ts';
import type { RequestTracing } from '../observe/request-tracing.ts';
import type { Handler, Socket } from '../transport/transport.ts';
import { decodeRequest, requestIdOf } from '../wire/decode.ts';
import type { WireFormat } from '../wire/encode.ts';
import { decodeJson } from '../wire/json.ts';
import { decodeMsgpack } from '../wire/msgpack.ts';
import { listElements } from '../wire/layout.ts';
import { LIMITS, type Op } from '../wire/schema.ts';
import { FastInfer } from './fast-infer.ts';
import { Operations, type OperationParts } from './operations.ts';
import { Outbox } from './outbox.ts';
import { listLength } from './request-list.ts';
import { RefusalPost } from './refusal-post.ts';
import { Session, type SessionLimits, type SocketObserver } from './session.ts';

export interface SocketParts extends OperationParts {
  readonly limits: SessionLimits;
  readonly observe?: SocketObserver;
  readonly requests?: RequestLog;
}

const BAD_FRAMES_MAX = 100; // undecodable, less the good ones between them
const OVERRUNS_MAX = 10_000; // requests for which there was no room, less the answered ones since
const WRONG_KINDS_MAX = 100; // text on the binary subprotocol, or the reverse

/** The sockets' side of the transport's handler: decode, start, reply. */
export class SocketSessions implements Pick<Handler, 'open' | 'message' | 'close'> {
  readonly #outbox = new Outbox();
  readonly #refusals: RefusalPost;
  readonly #operations: Operations;
  readonly #fast: FastInfer;
  readonly #sampled: RequestTracing | null; // where requests that bring no trace may begin one
  readonly #requests: RequestLog | null;
  readonly #fastTakes: boolean; // it knows too little of a request to log it
  readonly #observe: SocketObserver;
  #count = 0;

  constructor(private readonly parts: SocketParts) {
    this.#refusals = new RefusalPost(parts.clock);
    this.#operations = new Operations(parts);
    this.#fast = new FastInfer(parts.lanes, this.#outbox, this.#refusals, parts.clock);
    this.#observe = parts.observe ?? (() => {});
    this.#sampled = parts.tracing?.samples ? parts.tracing : null;
    this.#requests = parts.requests?.on ? parts.requests : null;
    this.#fastTakes = this.#requests === null;
  }

  /** Open sockets. */
  get count(): number {
    return this.#count;
  }

  /** Sends what waits for company: nobody else will come. */
  tellAll(): void {
    this.#outbox.flush();
    this.#refusals.held.flush();
  }

  open(socket: Socket): void {
    socket.context = new Session(
      socket, this.parts.limits, this.#outbox, this.#refusals, this.#observe, this.#requests);
    this.#count += 1;
  }

  message(socket: Socket, data: Uint8Array, binary: boolean): void {
    const session = socket.context as Session;
    this.#outbox.patient = true;
    const fast = this.#fastTakes && binary && socket.subprotocol !== 'vitrine.v1.json';
    const listed = fast ? listLength(data) : 0;
    const chosen = fast && this.#sampled !== null ? this.#sampled.turn(listed || 1) : undefined;
    if (!fast || chosen || !this.#take(session, data, listed)) {
      this.#receive(session, data, binary, chosen);
    }
    this.#outbox.patient = false;
    if (session.overruns <= OVERRUNS_MAX) return;
    this.#abuse(socket, 1008, `over ${OVERRUNS_MAX} requests too many: keep to your credit`);
  }

  /** `listed`: how many requests the frame has, where it is a list of them. */
  #take(session: Session, frame: Uint8Array, listed: number): boolean {
    if (listed === 0) return this.#fast.take(session, frame);
    session.speaksLists();
    return this.#fast.takeList(session, frame, (one) => this.#receive(session, one, true));
  }

  close(socket: Socket): void {
    (socket.context as Session).end();
    this.#count -= 1;
  }

  /** `chosen`: whether a trace begins with its first request, where that has been looked at. */
  #receive(session: Session, data: Uint8Array, binary: boolean, chosen?: boolean): void {
    const format: WireFormat = binary ? 'msgpack' : 'json';
    const agreed = agreedFormat(session.socket);
    if (agreed !== null && agreed !== format) return this.#wrongKind(session, agreed);
    let message: unknown;
    try {
      message = binary ? decodeMsgpack(data) : decodeJson(data);
      checkCount(message);
    } catch (thrown) {
      return this.#badFrame(session, format, asServeError(thrown));
    }
    session.badFrames = Math.max(0, session.badFrames - 1);
    if (!Array.isArray(message)) return this.#start(session, format, message, data, chosen);
    session.speaksLists();
    const frames = this.#fastTakes && binary ? listElements(data) : [];
    message.forEach((one, i) => {
      const frame = frames[i] ? data.subarray(frames[i].at, frames[i].end) : null;
      this.#start(session, format, one, frame, i === 0 ? chosen : undefined);
    });
  }

  /** `frame`: the request's own bytes, where the fast path may learn from them. */
  #start(
    session: Session, format: WireFormat, message: unknown, frame: Uint8Array | null,
    chosen: boolean | undefined,
  ): void {
    let op: Op | 'unreadable' = 'unreadable';
    try {
      const request = decodeRequest(message, this.parts.clock.wallMs());
      op = request.op;
      if (this.#requests) session.logs(request);
      this.#operations.start(session, format, request, chosen);
      if (request.op === 'infer' && format === 'msgpack' && frame !== null) {
        this.#fast.learn(request, frame);
      }
    } catch (thrown) {
      const error = asServeError(thrown);
      logDefect(this.parts.log, 'a request failed', error, { op, id: requestIdOf(message) });
      session.fail(format, op, requestIdOf(message), error);
    }
  }

  #wrongKind(session: Session, agreed: WireFormat): void {
    const { socket } = session;
    session.wrongKinds += 1;
    const wants = agreed === 'msgpack' ? 'binary frames, got text' : 'text frames, got binary';
    if (session.wrongKinds > WRONG_KINDS_MAX) {
      return this.#abuse(socket, 1003, `${socket.subprotocol} takes ${wants}`);
    }
    const error = new ServeError(
      'bad_request',
      `the subprotocol ${socket.subprotocol} takes ${wants}`,
    );
    session.fail(agreed, 'unreadable', null, error);
  }

  #badFrame(session: Session, format: WireFormat, error: ServeError): void {
    session.badFrames += 1;
    logDefect(this.parts.log, 'a frame failed', error);
    session.fail(format, 'unreadable', null, error);
    if (session.badFrames > BAD_FRAMES_MAX) {
      this.#abuse(session.socket, 1008, 'too many frames that do not decode');
    }
  }

  #abuse(socket: Socket, code: number, reason: string): void {
    this.parts.log.warn('a socket is closed', { socket: socket.id, code, reason });
    this.tellAll(); // what it was told so far
    socket.end(code, reason);
  }
}

function agreedFormat({ subprotocol }: Socket): WireFormat | null {
  if (subprotocol === undefined) return null; // each message is answered as it came
  return subprotocol === 'vitrine.v1.msgpack' ? 'msgpack' : 'json';
}

function checkCount(message: unknown): void {
  if (!Array.isArray(message)) return;
  const { length } = message;
  if (length >= 1 && length <= LIMITS.requestsMax) return;
  throw new ServeError(
    'bad_request',
    `a frame may hold 1 to ${LIMITS.requestsMax} requests, got ${length}`,
  );
}
