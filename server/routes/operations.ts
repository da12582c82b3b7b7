import { startInfer } from '../batch/infer.ts';
import type { Lane, Lanes } from '../batch/lane.ts';
import type { ModelDetails, ModelDirectory } from '../catalog/directory.ts';
import type { Clock } from '../core/clock.ts';
import { asServeError, ServeError } from '../core/errors.ts';
import type { InferResult } from '../core/inference.ts';
import { type Log, logDefect } from '../core/log.ts';
import type { Stages } from '../core/stages.ts';
import { RequestTracing, type RequestTrace, traceparent } from '../observe/request-tracing.ts';
import { topClasses } from '../wire/classes.ts';
import { EncodedBody } from '../wire/answer-body.ts';
import { inferReply, type WireFormat } from '../wire/encode.ts';
import type { Op, Push, Request, RequestId } from '../wire/schema.ts';
import { tensorBody } from './kserve.ts';
import { type CreditLimits, Credits } from './credit.ts';
import { groupOfOp, type Restrictions } from './restrict.ts';
import { rowsToStream, startStream } from './infer-stream.ts';
import type { Flight, Session } from './session.ts';
import {
  isStorefrontRequest, type StorefrontDoor, type StorefrontRequest, unknownOp,
} from './storefront-door.ts';

export interface OperationParts {
  readonly door: StorefrontDoor;
  readonly lanes: Lanes;
  readonly directory: ModelDirectory;
  readonly details: Pick<ModelDetails, 'labels'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string; // of the product
  /** Groups of operations that sockets may not ask for. */
  readonly restrictions?: Restrictions;
  /** Which requests belong to a trace; those that bring one when absent, and nothing is kept. */
  readonly tracing?: RequestTracing;
  /** What is there for all sockets of this thread that keep to their credit. */
  readonly credits?: CreditLimits;
}

type Of<Name extends Op> = Extract<Request, { op: Name }>;
/** What a reply says beside its id. */
type Body = { readonly [name: string]: unknown };

const SUBSCRIPTIONS_MAX = 100; // of one socket

/** What a socket can ask for. Every request is answered once, unless its socket goes before. */
export class Operations {
  readonly #credits: Credits;
  readonly #tracing: RequestTracing;

  constructor(private readonly parts: OperationParts) {
    const { clock, tracing } = parts;
    this.#credits = new Credits(clock, parts.credits);
    this.#tracing = tracing ?? new RequestTracing(clock);
  }

  /**
   * Starts a request; its reply leaves now or later. Throws what stands against starting it. What
   * is answered now needs no room among the unanswered: a full socket can still cancel. `chosen`
   * says whether a trace begins with it, where that has been looked at.
   */
  start(session: Session, format: WireFormat, request: Request, chosen?: boolean): void {
    session.checkId(request.id);
    this.#checkRestricted(request.op);
    switch (request.op) {
      case 'ping': return now({ pong: true });
      case 'credit': return now({ credit: session.askCredit(format, this.#credits) });
      case 'cancel': return now(cancel(session, request.target));
      case 'metadata': return now(this.#metadata(request));
      case 'subscribe': return this.#subscribe(session, format, request);
      case 'unsubscribe': return now(unsubscribe(session, request.session));
      case 'infer': return this.#infer(session, format, request, chosen);
      default: this.#promise(session, format, request, chosen);
    }
    function now(body: Body): void {
      session.reply(format, request.op, { id: request.id, ...body });
    }
  }

  /** A socket has no header to show with each request: what is restricted is not for it. */
  #checkRestricted(op: Op): void {
    const { restrictions } = this.parts;
    const group = restrictions && groupOfOp(op);
    const key = group && restrictions.get(group);
    if (!key) return;
    throw new ServeError('restricted', `'${op}' goes over HTTP, with the header '${key.header}'`);
  }

  #infer(
    session: Session, format: WireFormat, request: Of<'infer'>, chosen: boolean | undefined,
  ): void {
    session.checkRoom();
    const traced = this.#tracing.begin(request.context ?? null, chosen);
    try {
      this.#startInfer(session, format, request, traced);
    } catch (thrown) {
      this.#endTrace(traced, request, asServeError(thrown), null);
      throw thrown;
    }
  }

  #startInfer(
    session: Session, format: WireFormat, request: Of<'infer'>, traced: RequestTrace | null,
  ): void {
    const { id, op, model, version, trace, classes } = request;
    const { lanes, clock } = this.parts;
    const lane = lanes.lane(model, version);
    const asked = traced?.sampled ? { ...request, phases: true } : request;
    if (request.stream) return this.#stream(session, format, request, lane, traced);
    const cancel = startInfer(lane, asked, clock, (error, result) => {
      this.#endTrace(traced, request, error, result);
      if (!session.land(flight)) return;
      try {
        if (error || !result) throw error;
        const shown = classes ? this.#classified(lane, result, classes) : result;
        const reply = inferReply(id, shown, trace);
        session.reply(format, op, traced ? { ...reply, ...traceFields(traced) } : reply);
      } catch (failure) {
        session.fail(format, op, id, asServeError(failure));
      }
    });
    const flight: Flight = { id, cancel };
    session.flights.set(id, flight);
  }

  /** A reply a row; the last to leave says that there is no more. */
  #stream(
    session: Session, format: WireFormat, request: Of<'infer'>, lane: Lane,
    traced: RequestTrace | null,
  ): void {
    const { id, op, trace, classes } = request;
    const rows = rowsToStream(lane, request.inputs);
    if (rows > session.requestsMax - session.flights.size) throw session.overrun();
    const cancel = startStream(lane, request, rows, this.parts.clock, (row, error, result, left) => {
      if (left === 0) this.#endTrace(traced, request, error, null);
      if (left === 0 ? !session.land(flight) : session.flights.get(id) !== flight) return;
      const part = { row, more: left > 0 };
      try {
        if (error || !result) throw error;
        const shown = classes ? this.#classified(lane, result, classes) : result;
        session.reply(format, op, { ...inferReply(id, shown, trace), ...part });
      } catch (failure) {
        session.fail(format, op, id, asServeError(failure), part);
      }
    });
    const flight: Flight = { id, cancel };
    session.flights.set(id, flight);
  }

  #endTrace(
    trace: RequestTrace | null, { id, model }: Of<'infer'>, error: ServeError | null,
    result: InferResult | null,
  ): void {
    if (trace === null) return;
    const end = { way: 'websocket', model, requestId: String(id), error, result } as const;
    this.#tracing.endInfer(trace, end);
  }

  #classified(
    { model, config }: Lane, result: InferResult, classes: ReadonlyMap<string, number>,
  ): InferResult {
    const batches = config.max_batch_size > 0;
    const outputs = result.outputs.map((tensor) => {
      const count = classes.get(tensor.name);
      if (count === undefined) return tensor;
      return topClasses(tensor, count, batches, this.parts.details.labels(model, tensor.name));
    });
    return { ...result, outputs };
  }

  #promise(
    session: Session, format: WireFormat, request: Request, chosen: boolean | undefined,
  ): void {
    if (!isStorefrontRequest(request)) throw unknownOp(request);
    session.checkRoom();
    const { id, op } = request;
    const traced = this.#tracing.begin(request.context ?? null, chosen);
    const stages = this.#tracing.stages(traced);
    const ended = (error: ServeError | null): void => {
      if (traced === null) return;
      const end = { way: 'websocket', name: op, requestId: String(id), error } as const;
      this.#tracing.endStages(traced, { ...end, stages: stages?.list ?? [] });
    };
    try {
      this.#atDoor(session, format, request, stages, traced, ended);
    } catch (refused) {
      ended(asServeError(refused));
      throw refused;
    }
  }

  #atDoor(
    session: Session, format: WireFormat, request: StorefrontRequest & { readonly id: RequestId },
    stages: Stages | undefined, traced: RequestTrace | null, ended: (error: ServeError | null) => void,
  ): void {
    const { id, op } = request;
    const told = op === 'events' || op === 'catalogue'; // what happened is not late
    const patienceMs = told ? Infinity : request.deadlineMs;
    const encoded = format === 'msgpack' && traced === null;
    const ticket = this.parts.door.take(session.caller, patienceMs, request, stages, encoded);
    const cancel = (): boolean => {
      ticket.cancel(); // work that has started goes on, for nobody
      const error = new ServeError('cancelled');
      ended(error);
      if (session.land(flight)) session.fail(format, op, id, error);
      return true;
    };
    const flight: Flight = { id, cancel };
    session.flights.set(id, flight);
    ticket.done.then(
      (reply) => {
        const done = stages?.begin('encode');
        const fields = traced ? traceFields(traced) : {};
        const message = reply instanceof EncodedBody ? { id, body: reply } : { id, ...reply, ...fields };
        if (session.land(flight)) session.reply(format, op, message);
        done?.();
        ended(null);
      },
      (thrown: unknown) => {
        const error = asServeError(thrown);
        ended(error);
        logDefect(this.parts.log, 'an operation failed', error, { op });
        if (session.land(flight)) session.fail(format, op, id, error);
      },
    );
  }

  #metadata({ model, version }: Of<'metadata'>): Body {
    const { directory, version: productVersion } = this.parts;
    if (model === undefined) {
      return { name: 'vitrine', version: productVersion, models: directory.list() };
    }
    const metadata = directory.metadata(model, version);
    const { name, versions, platform, maxBatchSize } = metadata;
    const inputs = metadata.inputs.map((spec) => tensorBody(spec, metadata));
    const outputs = metadata.outputs.map((spec) => tensorBody(spec, metadata));
    return { model: { name, versions, platform, maxBatchSize, inputs, outputs } };
  }

  /** A second subscription to a session takes the first one's place. */
  #subscribe(session: Session, format: WireFormat, request: Of<'subscribe'>): void {
    const { subscriptions } = session;
    const { id, op, session: name } = request;
    if (subscriptions.size >= SUBSCRIPTIONS_MAX && !subscriptions.has(name)) {
      throw new ServeError('overloaded', `a socket may have ${SUBSCRIPTIONS_MAX} subscriptions`);
    }
    const push = (pushed: Push): void => session.push(format, pushed);
    const { stop, standing } = this.parts.door.subscribe(request, push);
    subscriptions.get(name)?.();
    subscriptions.set(name, stop);
    const reply = { id, subscribed: name };
    if (!standing) return session.reply(format, op, reply);
    const flight: Flight = { id, cancel: () => false };
    session.flights.set(id, flight);
    standing.then(
      () => {
        if (session.land(flight)) session.reply(format, op, reply);
      },
      (thrown: unknown) => {
        if (subscriptions.get(name) === stop) subscriptions.delete(name);
        if (session.land(flight)) session.fail(format, op, id, asServeError(thrown));
      },
    );
  }
}

function traceFields(trace: RequestTrace): object {
  return {
    traceparent: traceparent(trace),
    ...(trace.state === '' ? {} : { tracestate: trace.state }),
  };
}

function cancel({ flights }: Session, target: RequestId): Body {
  return { cancelled: flights.get(target)?.cancel() ?? false };
}

function unsubscribe({ subscriptions }: Session, name: string): Body {
  subscriptions.get(name)?.();
  return { unsubscribed: subscriptions.delete(name) };
}
