import { noRoom } from '../batch/infer.ts';
import type { Job, Lane, Lanes } from '../batch/lane.ts';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import { errorReply } from '../wire/encode.ts';
import { encodeMsgpack } from '../wire/msgpack.ts';
import { toWire } from '../wire/names.ts';
import type { Request } from '../wire/schema.ts';
import { copyWords, FrameWords } from './frame-words.ts';
import { idOffset, integerAt, integerBytes, integerWidth, writeInteger } from './frame-id.ts';
import { InferTemplate } from './infer-template.ts';
import type { Outbox } from './outbox.ts';
import { listLength, RequestList } from './request-list.ts';
import type { RefusalPost } from './refusal-post.ts';
import type { Flight, Session } from './session.ts';

const TEMPLATES_MAX = 64; // models times row counts in use at once; the oldest makes room
const COPY_LOOP_MAX = 256; // bytes; more are worth making two views for

/**
 * Infer requests without decoding: a frame that differs from one seen before only in its id and its
 * data goes straight from the message into a lane's slots, and from there into the reply. Says no
 * to all else, which the decoders then take; both give the same replies.
 */
export class FastInfer {
  readonly #templates: InferTemplate[] = [];
  #nextOut = 0; // index of the oldest, once there are as many as there may be
  readonly #free: FastFlight[] = [];
  readonly #words = new FrameWords();
  readonly #list = new RequestList();
  readonly #errorFrames = new ErrorFrames();
  #lastNoRoom: { lane: Lane | null; rows: number; error: ServeError } = {
    lane: null, rows: 0, error: new ServeError('overloaded'),
  };
  readonly #settled = (job: Job, error: ServeError | null): void => this.#settle(job, error);

  constructor(
    private readonly lanes: Lanes,
    private readonly outbox: Outbox,
    private readonly refusals: RefusalPost,
    private readonly clock: Clock, // the lanes' own
  ) {}

  /** True when the frame was taken: it is answered. False when it is the decoders' business. */
  take(session: Session, frame: Uint8Array): boolean {
    const idAt = idOffset(frame);
    const idBytes = idAt === 0 ? 0 : integerBytes(frame[idAt] as number);
    if (idBytes === 0) return false;
    const template = this.#find(session, frame, idAt, idAt + idBytes);
    return template !== null && this.#start(session, template, frame, idAt, idBytes);
  }

  /**
   * The same of a list of requests, all of shapes that are known. `rest` is given each that is the
   * decoders' business for another reason, such as a number in it; false where all of them are.
   */
  takeList(session: Session, frame: Uint8Array, rest: (one: Uint8Array) => void): boolean {
    const count = listLength(frame);
    const list = this.#list;
    if (!list.read(count, frame, this.#words, session.template, this.#templates)) return false;
    for (let i = 0; i < count; i += 1) {
      if (this.#isStale(list.templates[i] as InferTemplate)) return false;
    }
    for (let i = 0; i < count; i += 1) {
      const template = list.templates[i] as InferTemplate;
      const idAt = list.idAt[i] as number;
      session.template = template;
      const idBytes = integerBytes(frame[idAt] as number);
      if (this.#start(session, template, frame, idAt, idBytes)) continue;
      rest(list.element(frame, i));
      this.#words.take(frame); // the decoders learn with the same words
    }
    list.templates.length = 0; // a model that is gone is not kept by them
    return true;
  }

  /** A frame whose words were taken, and whose request is one of the template's. */
  #start(
    session: Session, template: InferTemplate, frame: Uint8Array, idAt: number, idBytes: number,
  ): boolean {
    const idEnd = idAt + idBytes;
    const id = integerAt(this.#words.view, idAt, idBytes);
    const { flights } = session;
    if (flights.has(id)) return false;
    if (flights.size >= session.requestsMax) {
      template.lane.makeRoom();
      if (flights.size >= session.requestsMax) return this.#refuse(session, id, session.overrun());
    }
    let deadlineUs = Infinity;
    if (template.deadlineMs !== undefined) {
      deadlineUs = this.clock.nowUs() + template.deadlineMs * 1000;
      const { lane, rows, priority, timeoutUs } = template;
      const error = lane.refuse?.(rows, deadlineUs, priority, timeoutUs);
      if (error) return this.#refuse(session, id, error);
    }
    const job = template.lane.take(template.rows);
    if (job === null) return this.#refuse(session, id, this.#noRoom(template));
    if (!this.#fill(template, job, frame, idEnd)) {
      template.lane.giveBack(job);
      return false;
    }
    job.deadlineUs = deadlineUs;
    job.priority = template.priority;
    job.timeoutUs = template.timeoutUs;
    const flight = this.#free.pop() ?? new FastFlight();
    flight.id = id;
    flight.session = session;
    flight.template = template;
    flight.job = job;
    job.context = flight;
    job.onSettled = this.#settled;
    session.flights.set(id, flight);
    template.lane.submit(job);
    template.lane.runFull?.();
    return true;
  }

  /** Learns the shape of a request that came in this frame, for the next of its kind. */
  learn(request: Extract<Request, { op: 'infer' }>, frame: Uint8Array): void {
    const idAt = idOffset(frame);
    const idBytes = idAt === 0 ? 0 : integerBytes(frame[idAt] as number);
    if (idBytes === 0) return;
    // Known already: it was not for its shape that it was not taken.
    if (this.#known(frame, idAt, idAt + idBytes) !== null) return;
    const lane = this.#lane(request.model, request.version);
    const template = lane && InferTemplate.learn(lane, request, frame);
    if (!template) return;
    this.#templates[this.#nextOut] = template;
    this.#nextOut = (this.#nextOut + 1) % TEMPLATES_MAX;
  }

  #find(session: Session, frame: Uint8Array, idAt: number, idEnd: number): InferTemplate | null {
    let template = session.template;
    const last = template !== null && template.fits(frame.length, idAt, idEnd);
    if (!last || !(template as InferTemplate).matches(this.#words.take(frame), idEnd)) {
      template = this.#known(frame, idAt, idEnd);
    }
    if (template === null) return null;
    session.template = this.#isStale(template) ? null : template;
    return session.template;
  }

  /** The model may have a new version by now, or be gone: the template is forgotten then. */
  #isStale(template: InferTemplate): boolean {
    if (this.#lane(template.lane.model, template.version) === template.lane) return false;
    const stale = this.#templates.indexOf(template);
    if (stale >= 0) this.#templates.splice(stale, 1);
    this.#nextOut = Math.min(this.#nextOut, this.#templates.length);
    return true;
  }

  #known(frame: Uint8Array, idAt: number, idEnd: number): InferTemplate | null {
    const fitting = this.#templates.filter((one) => one.fits(frame.length, idAt, idEnd));
    if (fitting.length === 0) return null;
    const words = this.#words.take(frame);
    return fitting.find((one) => one.matches(words, idEnd)) ?? null;
  }

  #lane(model: string, version: string | undefined): Lane | null {
    try {
      return this.lanes.lane(model, version);
    } catch {
      return null; // the general path finds it missing as well, and says so
    }
  }

  /** Copies the frame's data into the job's slots. False when a number in it is not finite. */
  #fill(template: InferTemplate, job: Job, frame: Uint8Array, idEnd: number): boolean {
    const { inputs, rows } = template;
    const { view } = this.#words;
    for (let i = 0; i < inputs.length; i += 1) {
      const { at, tensor, words } = inputs[i] as InferTemplate['inputs'][number];
      const { rowBytes, bytes, spec } = tensor;
      const floats = spec.datatype === 'FP32';
      for (let row = 0; row < rows; row += 1) {
        const from = idEnd + at + row * rowBytes;
        const to = (job.slots[row] as number) * rowBytes;
        if (words === null) copy(frame, from, bytes, to, rowBytes);
        else if (!copyWords(view, from, words, to >> 2, rowBytes >> 2) && floats) return false;
      }
    }
    return true;
  }

  #settle(job: Job, error: ServeError | null): void {
    const flight = job.context as FastFlight;
    const { session, template, id } = flight;
    if (session.land(flight) && session.socket.open) {
      if (error === null) this.#reply(session, template, job, id);
      else this.#refuse(session, id, error);
    }
    job.context = null;
    flight.release();
    this.#free.push(flight);
  }

  /** Made once for a hint: in overload most requests are told the same. */
  #noRoom({ lane, rows }: InferTemplate): ServeError {
    const last = this.#lastNoRoom;
    if (last.lane === lane && last.rows === rows && last.error.retryAfterMs === lane.retryAfterMs) {
      return last.error;
    }
    const error = noRoom(lane, rows);
    this.#lastNoRoom = { lane, rows, error };
    return error;
  }

  /** What the encoders would make of it, from a frame that was made of the same error before. */
  #refuse(session: Session, id: number, error: ServeError): true {
    if (!session.socket.open) return true;
    const { head, tail } = this.#errorFrames.of(error);
    const idBytes = integerWidth(id);
    const held = this.refusals.holds(error.code);
    const outbox = held ? this.refusals.held : this.outbox;
    const box = held ? session.heldBox : session.box;
    const start = outbox.reserve(box, head.length + idBytes + tail.length);
    const { bytes } = outbox;
    copy(head, 0, bytes, start, head.length);
    writeInteger(bytes, start + head.length, id, idBytes);
    copy(tail, 0, bytes, start + head.length + idBytes, tail.length);
    session.refused('infer', error.code);
    return true;
  }

  #reply(session: Session, template: InferTemplate, job: Job, id: number): void {
    const { replyHead, replyHeadBytes, replyTail, replyTailBytes, outputs, rows } = template;
    const idBytes = integerWidth(id);
    const start = this.outbox.reserve(session.box, replyHeadBytes + idBytes + replyTailBytes);
    const { bytes, view } = this.outbox;
    // Each overwrites what the last word of the one before it put too far.
    for (let i = 0; i < replyHead.length; i += 1) {
      view.setInt32(start + i * 4, replyHead[i] as number, true);
    }
    writeInteger(bytes, start + replyHeadBytes, id, idBytes);
    const tailAt = start + replyHeadBytes + idBytes;
    for (let i = 0; i < replyTail.length; i += 1) {
      view.setInt32(tailAt + i * 4, replyTail[i] as number, true);
    }
    for (let i = 0; i < outputs.length; i += 1) {
      const { at, tensor, words } = outputs[i] as InferTemplate['outputs'][number];
      const { rowBytes } = tensor;
      for (let row = 0; row < rows; row += 1) {
        const from = (job.slots[row] as number) * rowBytes;
        const to = tailAt + at + row * rowBytes;
        if (words === null || rowBytes > COPY_LOOP_MAX) copy(tensor.bytes, from, bytes, to, rowBytes);
        else putWords(words, from >> 2, view, to, rowBytes >> 2);
      }
    }
    session.answered('infer');
  }
}

/** Replies that carry an error, taken apart at their id. */
class ErrorFrames {
  readonly #frames = new WeakMap<ServeError, { head: Uint8Array; tail: Uint8Array }>();

  of(error: ServeError): { readonly head: Uint8Array; readonly tail: Uint8Array } {
    let frame = this.#frames.get(error);
    if (frame === undefined) {
      const bytes = encodeMsgpack(toWire(errorReply(0, error)));
      const idAt = idOffset(bytes);
      frame = { head: bytes.slice(0, idAt), tail: bytes.slice(idAt + 1) };
      this.#frames.set(error, frame);
    }
    return frame;
  }
}

/** One request on its way; used again for another once it is answered. */
class FastFlight implements Flight {
  id = 0;
  session: Session = NOBODY;
  template: InferTemplate = NOTHING;
  job: Job | null = null;

  cancel(): boolean {
    return this.job !== null && this.template.lane.cancel(this.job);
  }

  release(): void {
    this.job = null;
    this.session = NOBODY;
    this.template = NOTHING;
  }
}
const NOBODY = null as unknown as Session; // between two uses
const NOTHING = null as unknown as InferTemplate;

function copy(from: Uint8Array, fromAt: number, to: Uint8Array, toAt: number, count: number): void {
  if (count > COPY_LOOP_MAX) {
    to.set(from.subarray(fromAt, fromAt + count), toAt);
    return;
  }
  for (let i = 0; i < count; i += 1) to[toAt + i] = from[fromAt + i] as number;
}

function putWords(
  from: Int32Array, fromAt: number, to: DataView, toAt: number, count: number,
): void {
  for (let i = 0; i < count; i += 1) to.setInt32(toAt + i * 4, from[fromAt + i] as number, true);
}
