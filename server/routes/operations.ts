import type { ModelDirectory } from '../catalog/directory.ts';
import type { Clock } from '../core/clock.ts';
import { asServeError, ServeError } from '../core/errors.ts';
import type { Inference } from '../core/inference.ts';
import type { Log } from '../core/log.ts';
import type { Tensor } from '../core/tensor.ts';
import type { Storefront } from '../storefront/storefront.ts';
import { inferReply, type Outgoing, type WireFormat } from '../wire/encode.ts';
import type { Op, Request, RequestId } from '../wire/schema.ts';
import { tensorBody } from './kserve.ts';
import type { Flight, Session } from './session.ts';

export interface OperationParts {
  readonly storefront: Storefront;
  readonly inference: Inference;
  readonly directory: ModelDirectory;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string; // of the product
}

type Of<Name extends Op> = Extract<Request, { op: Name }>;
/** What a reply says beside its id. */
type Body = { readonly [name: string]: unknown };

const SUBSCRIPTIONS_MAX = 100; // of one socket

/** What a socket can ask for. Every request is answered once, unless its socket goes before that. */
export class Operations {
  constructor(private readonly parts: OperationParts) {}

  /** Starts a request; its reply leaves now or later. Throws what stands against starting it. */
  start(session: Session, format: WireFormat, request: Request): void {
    session.admit(request.id);
    switch (request.op) {
      case 'ping': return now({ pong: true });
      case 'cancel': return now({ cancelled: session.flights.get(request.target)?.cancel() ?? false });
      case 'metadata': return now(this.#metadata(request));
      case 'subscribe': return now(this.#subscribe(session, format, request));
      case 'unsubscribe': return now(unsubscribe(session, request.session));
      default: this.#fly(session, format, request);
    }
    function now(body: Body): void {
      session.reply(format, request.op, { id: request.id, ...body });
    }
  }

  #fly(session: Session, format: WireFormat, request: Request): void {
    const { id, op } = request;
    const flight = new PromisedFlight(id, (error) => {
      if (session.land(flight)) session.fail(format, op, id, error);
    });
    session.flights.set(id, flight);
    this.#run(request, flight.signal).then(
      (reply) => {
        if (session.land(flight)) session.reply(format, op, reply);
      },
      (thrown: unknown) => {
        const error = asServeError(thrown);
        if (error.code === 'internal') this.parts.log.error('an operation failed', { op, stack: (thrown as Error).stack });
        if (session.land(flight)) session.fail(format, op, id, error);
      },
    );
  }

  async #run(request: Request, signal: AbortSignal): Promise<Outgoing> {
    const { storefront, inference } = this.parts;
    const { id, deadlineMs } = request;
    switch (request.op) {
      case 'infer': {
        const { model, version, outputs, trace } = request;
        const result = await inference.infer({
          model,
          inputs: request.inputs.map(owned),
          signal,
          ...(version !== undefined && { version }),
          ...(outputs !== undefined && outputs.length > 0 && { outputs }),
          ...(deadlineMs !== undefined && { deadlineMs }),
        });
        return inferReply(id, result, trace);
      }
      case 'events': return { id, ...(await storefront.ingest(request.events)) };
      case 'recommend': return { id, ...(await storefront.recommend(request, deadlineMs)) };
      case 'similar': return { id, ...(await storefront.similar(request)) };
      case 'insight': return { id, ...(await storefront.insight(request, deadlineMs)) };
      default: throw new ServeError('unknown_op', request.op);
    }
  }

  #metadata({ model, version }: Of<'metadata'>): Body {
    const { directory, version: productVersion } = this.parts;
    if (model === undefined) return { name: 'vitrine', version: productVersion, models: directory.list() };
    const metadata = directory.metadata(model, version);
    const { name, versions, platform, maxBatchSize } = metadata;
    const inputs = metadata.inputs.map((spec) => tensorBody(spec, metadata));
    const outputs = metadata.outputs.map((spec) => tensorBody(spec, metadata));
    return { model: { name, versions, platform, maxBatchSize, inputs, outputs } };
  }

  /** A second subscription to a session takes the first one's place. */
  #subscribe(session: Session, format: WireFormat, request: Of<'subscribe'>): Body {
    const { subscriptions } = session;
    if (subscriptions.size >= SUBSCRIPTIONS_MAX && !subscriptions.has(request.session)) {
      throw new ServeError('overloaded', `a socket may have ${SUBSCRIPTIONS_MAX} subscriptions`);
    }
    const stop = this.parts.storefront.subscribe(request, (push) => session.push(format, push));
    subscriptions.get(request.session)?.();
    subscriptions.set(request.session, stop);
    return { subscribed: request.session };
  }
}

function unsubscribe({ subscriptions }: Session, name: string): Body {
  subscriptions.get(name)?.();
  return { unsubscribed: subscriptions.delete(name) };
}

/** A tensor that outlives the message it came in. */
function owned(tensor: Tensor): Tensor {
  return { ...tensor, data: new Uint8Array(tensor.data) };
}

/** Work behind a promise, which can be told that nobody waits any more. */
class PromisedFlight implements Flight {
  readonly #gone = new AbortController();

  constructor(
    readonly id: RequestId,
    private readonly onCancel: (error: ServeError) => void,
  ) {}

  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  cancel(): boolean {
    this.onCancel(new ServeError('cancelled'));
    this.#gone.abort();
    return true;
  }
}
