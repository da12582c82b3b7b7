import { systemClock } from '../core/clock.ts';
import type {
  BatchReply, CatalogueReply, EventsReply, Explanation, InsightReply, InsightRequest, RecommendReply,
} from '../wire/schema.ts';
import { Calls, type SubmitOptions } from './calls.ts';
import { newEventId, systemChance } from './chance.ts';
import { codecFor, type Codec } from './codec.ts';
import { VitrineError } from './errors.ts';
import { Link, type SocketConstructor } from './link.ts';
import { Subscriptions } from './subscriptions.ts';
import type {
  BatchInput, CallOptions, CatalogueInput, ClientLimits, ClientOptions, EventInput, ExplainInput,
  InferAnswer, InferInput, InferRow, LinkState,
  MetadataInput, RecommendInput, SimilarInput, SubscribeInput, VitrineClient,
} from './types.ts';

export type * from './types.ts';
export { VitrineError } from './errors.ts';
export { float32Tensor, float32View } from '../core/tensor.ts';

/** What a client keeps to when it is not told otherwise. */
export const CLIENT_DEFAULTS: ClientLimits = {
  timeoutMs: 10_000, // a shopper has left long before
  inFlightMax: 256, // what the server takes from one socket
  queueMax: 1024, // four sockets' worth; more waiting than that is a fault, not a burst
  bufferedBytesMax: 1_048_576, // a quarter of the largest message
  resendMax: 2, // one restart of the server, and a failed first try after it
  heartbeatMs: 15_000, // well inside the server's idle limit of 120 s
  heartbeatTimeoutMs: 5_000,
  connectTimeoutMs: 5_000,
  backoffFirstMs: 250, // a restart takes longer than that, a hiccup does not
  backoffMaxMs: 10_000,
};

/**
 * A client of the server at `url` (`ws://host:port/ws`). Connects at once and comes back by itself;
 * calls made meanwhile wait. Throws `unsupported` where there is no WebSocket class, `bad_argument`
 * where `url` is none of a WebSocket.
 */
export function connect(url: string, options: ClientOptions = {}): VitrineClient {
  const global = (globalThis as { WebSocket?: SocketConstructor }).WebSocket;
  const Socket = options.WebSocket ?? global;
  if (!Socket) {
    throw new VitrineError('unsupported', 'no global WebSocket here: pass one, or use connectNode');
  }
  return new Client(url, Socket, options);
}

class Client implements VitrineClient {
  readonly #link: Link;
  readonly #calls: Calls;
  readonly #subscriptions: Subscriptions;
  readonly #codec: Codec;
  readonly #chance: () => number;
  readonly #options: ClientOptions;
  #waitingForReady: { resolve: () => void; reject: (error: Error) => void }[] = [];

  constructor(url: string, Socket: SocketConstructor, options: ClientOptions) {
    const limits: ClientLimits = { ...CLIENT_DEFAULTS, ...options };
    const clock = options.clock ?? systemClock;
    this.#options = options;
    this.#chance = options.chance ?? systemChance;
    this.#codec = codecFor(options.encoding ?? 'msgpack');
    const { subprotocol } = this.#codec;
    this.#link = new Link(url, subprotocol, Socket, limits, clock, this.#chance, {
      opened: () => this.#opened(),
      frame: (data) => this.#frame(data),
      lost: (why) => this.#calls.lost(why),
      state: (state) => options.onState?.(state),
      ping: () => this.#calls.probe(),
    });
    const link = this.#link;
    const wire = {
      get open() {
        return link.state === 'open';
      },
      get bufferedBytes() {
        return link.bufferedBytes;
      },
      send: (frame: Uint8Array | string) => link.send(frame),
    };
    const { onCall, whenFull = 'wait' } = options;
    this.#calls = new Calls(wire, this.#codec, clock, { limits, whenFull, onCall });
    this.#subscriptions = new Subscriptions(wire, this.#calls);
    link.connect();
  }

  get state(): LinkState {
    return this.#link.state;
  }

  ready(): Promise<void> {
    if (this.state === 'open') return Promise.resolve();
    if (this.state === 'closed') return Promise.reject(new VitrineError('closed'));
    return new Promise((resolve, reject) => this.#waitingForReady.push({ resolve, reject }));
  }

  infer(request: InferInput, options?: CallOptions): Promise<InferAnswer> {
    return this.#call<InferAnswer>('infer', request, options);
  }

  async inferRows(
    request: InferInput, onRow: (row: InferRow) => void, options?: CallOptions,
  ): Promise<void> {
    const seen = new Set<number>(); // a request that is sent again is answered from its first row
    const onPart = (part: Record<string, unknown>, error: VitrineError | null): void => {
      const { row, more: _, ...answer } = part as { row: number; more: boolean };
      if (seen.has(row)) return;
      seen.add(row);
      onRow({ row, error, answer: error ? null : answer as unknown as InferAnswer });
    };
    await this.#call('infer', { ...request, stream: true }, { ...options, onPart });
  }

  events(events: readonly EventInput[], options?: CallOptions): Promise<EventsReply> {
    const named = events.map((event) => ({ id: newEventId(this.#chance), ...event }));
    return this.#call<EventsReply>('events', { events: named }, options);
  }

  recommend(request: RecommendInput, options?: CallOptions): Promise<RecommendReply> {
    return this.#call<RecommendReply>('recommend', request, options);
  }

  batch(request: BatchInput, options?: CallOptions): Promise<BatchReply> {
    return this.#call<BatchReply>('batch', request, options);
  }

  similar(request: SimilarInput, options?: CallOptions): Promise<RecommendReply> {
    return this.#call<RecommendReply>('similar', request, options);
  }

  catalogue(request: CatalogueInput, options?: CallOptions): Promise<CatalogueReply> {
    return this.#call<CatalogueReply>('catalogue', request, options);
  }

  insight(request: InsightRequest, options?: CallOptions): Promise<InsightReply> {
    return this.#call<InsightReply>('insight', request, options);
  }

  explain(request: ExplainInput, options?: CallOptions): Promise<Explanation> {
    return this.#call<Explanation>('explain', request, options);
  }

  metadata(request: MetadataInput = {}, options?: CallOptions): Promise<Record<string, unknown>> {
    return this.#call('metadata', request, options);
  }

  async ping(options: CallOptions = {}): Promise<number> {
    const clock = this.#options.clock ?? systemClock;
    const startUs = clock.nowUs();
    await this.#call('ping', {}, options);
    return (clock.nowUs() - startUs) / 1000;
  }

  subscribe(
    request: SubscribeInput,
    onPush: Parameters<VitrineClient['subscribe']>[1],
    onError: (error: Error) => void = () => {},
  ): () => void {
    return this.#subscriptions.add(request, { onPush, onError });
  }

  close(): void {
    this.#link.close();
    this.#calls.close();
    for (const waiting of this.#waitingForReady) waiting.reject(new VitrineError('closed'));
    this.#waitingForReady = [];
  }

  async #call<Reply>(op: string, body: object, options?: SubmitOptions): Promise<Reply> {
    if (this.state === 'closed') throw new VitrineError('closed');
    return (await this.#calls.submit(op, body, options)) as Reply;
  }

  /** Subscriptions first: an event that waited here must find its session subscribed. */
  #opened(): void {
    this.#subscriptions.renew();
    this.#calls.pump();
    for (const waiting of this.#waitingForReady) waiting.resolve();
    this.#waitingForReady = [];
  }

  #frame(data: ArrayBuffer | string): void {
    let reply: unknown;
    try {
      reply = this.#codec.decode(data);
    } catch {
      return; // not a reply: whom it was for will time out, and the heartbeat judges the rest
    }
    for (const one of Array.isArray(reply) ? reply : [reply]) {
      if (typeof one !== 'object' || one === null) continue;
      const message = one as Record<string, unknown>;
      if (message.push === undefined) this.#calls.answer(message);
      else if (message.push === 'credit') this.#calls.credited(message.credit);
      else this.#subscriptions.pushed(message);
    }
  }
}
