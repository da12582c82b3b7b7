/**
 * What a caller hands in and gets back. Derived from the wire's own schema: what the server fills
 * in by itself may be left out here, and the rest is the same.
 */
import type { VitrineError } from './errors.ts';
import type { Clock } from '../core/clock.ts';
import type { InferResult } from '../core/inference.ts';
import type { Tensor } from '../core/tensor.ts';
import type {
  BatchReply, BatchRequest, CatalogueItem, CatalogueReply, EventItem, EventsReply, ExplainQuestion,
  Explanation, Filter, InsightReply, InsightRequest,
  Language, Push, RecommendReply,
  RecommendRequest, Rules, ShopEvent, SimilarRequest,
} from '../wire/schema.ts';
import type { Encoding } from './codec.ts';
import type { SocketConstructor } from './link.ts';

export type {
  BatchReply, CatalogueReply, EventsReply, Explanation,
  Filter, InsightReply, InsightRequest, Language, Push, RecommendReply, Tensor,
};

type Loosen<T, Keys extends keyof T> = Omit<T, Keys> & Partial<Pick<T, Keys>>;

/** What of `explain` has no default: the model and its row, in its order or by name; null is missing. */
export interface ExplainInput {
  readonly model: string;
  readonly version?: string;
  readonly features: readonly (number | null)[] | Readonly<Record<string, number | null>>;
  readonly method?: ExplainQuestion['method'];
  readonly output?: string;
  readonly element?: number; // of the output's values
  readonly top?: number; // reasons
  readonly language?: Language;
  readonly background?: readonly (readonly (number | null)[])[];
  readonly samples?: number;
  readonly seed?: number;
  readonly goal?: { readonly atLeast: number } | { readonly atMost: number };
  readonly change?: readonly string[];
  readonly changesMax?: number;
}

export interface InferInput {
  readonly model: string;
  readonly version?: string; // the newest served when absent
  readonly inputs: readonly Tensor[];
  /** All of them when absent; with `classes`, the highest so many of each row, as `BYTES`. */
  readonly outputs?: readonly (string | { readonly name: string; readonly classes?: number })[];
  readonly trace?: boolean; // the answer then carries `timing`
}
export type InferAnswer = Loosen<InferResult, 'timing'>;
/** One row of a streamed request: its answer, or why it has none. */
export interface InferRow {
  readonly row: number; // from 0
  readonly answer: InferAnswer | null;
  readonly error: VitrineError | null;
}
/** An event; `id` is drawn here when absent, so that one sent twice still counts once. */
export type EventInput = Omit<Loosen<ShopEvent, 'id' | 'atMs'>, 'items' | 'robot'> & {
  readonly robot?: boolean;
  /** Where the shop's own server sends for its visitors: not kept, but robots are told by it. */
  readonly userAgent?: string;
  /** Ids stand for one of each. */
  readonly items?: readonly (string | Loosen<EventItem, 'quantity'>)[];
};
export type RecommendInput = Loosen<RecommendRequest, 'k' | 'filter'>;
export type BatchInput = Loosen<BatchRequest, 'filter'>;
export type SimilarInput = Loosen<SimilarRequest, 'k' | 'filter'>;
/** Items to put, each in place of all that is known of it, and ids of items to remove. */
export interface CatalogueInput {
  readonly put?: readonly Loosen<CatalogueItem, 'title' | 'categories' | 'inStock'>[];
  readonly remove?: readonly string[];
}
export interface SubscribeInput extends Rules {
  readonly session: string;
  readonly customer?: string;
  readonly k?: number;
  readonly filter?: Filter;
  readonly language?: Language; // of the reasons' text
  readonly placement?: string;
  readonly again?: boolean;
}
export interface MetadataInput {
  readonly model?: string; // of the server itself when absent
  readonly version?: string;
}

/** What may be said of a single call. */
export interface CallOptions {
  /** Milliseconds until `timeout`, from the call, waiting on this side included. 0: never. */
  readonly timeoutMs?: number;
  /** Milliseconds the server may take: it drops the request when it cannot answer in time. */
  readonly deadlineMs?: number;
  /** 1 is the most urgent; the model's default level when absent. */
  readonly priority?: number;
  /** Ends the call with `cancelled` on this side, and on the server's. */
  readonly signal?: AbortSignal;
  /** Times the call is sent again when the connection is lost under it. */
  readonly resendMax?: number;
}

export type LinkState = 'connecting' | 'open' | 'waiting' | 'closed';

/** One finished call, for panels and logs. */
export interface CallReport {
  readonly op: string;
  readonly latencyMs: number; // from the frame's departure to its reply; NaN when never sent
  readonly code: string; // 'ok', or the error's
}

/** Every number the client can be told; `CLIENT_DEFAULTS` holds what is taken else. */
export interface ClientLimits {
  readonly timeoutMs: number; // of a call that names none
  readonly inFlightMax: number; // calls sent and unanswered; the server's limit a socket is 256
  readonly queueMax: number; // calls waiting here for room or for a connection
  readonly bufferedBytesMax: number; // bytes the kernel has not taken before calls wait
  readonly resendMax: number; // times a call is sent again after a lost connection
  readonly heartbeatMs: number; // of silence before a ping
  readonly heartbeatTimeoutMs: number; // from that ping until the connection is given up
  readonly connectTimeoutMs: number; // for the handshake
  readonly backoffFirstMs: number;
  readonly backoffMaxMs: number;
}

export interface ClientOptions extends Partial<ClientLimits> {
  /** The `WebSocket` class; the global one when absent. On Node before 22 use `connectNode`. */
  readonly WebSocket?: SocketConstructor;
  readonly encoding?: Encoding; // default msgpack
  /** What a call does that finds no room: `wait` (default), or reject with `client_overloaded`. */
  readonly whenFull?: 'wait' | 'reject';
  readonly onState?: (state: LinkState) => void;
  readonly onCall?: (report: CallReport) => void;
  readonly clock?: Clock; // for tests
  readonly chance?: () => number; // uniform over [0, 1), for tests
}

export interface VitrineClient {
  readonly state: LinkState;
  /** Resolves when the connection first stands; rejects with `closed` when it never will. */
  ready(): Promise<void>;
  infer(request: InferInput, options?: CallOptions): Promise<InferAnswer>;
  /**
   * Each row as a request of its own: `onRow` hears of each once, as soon as it is done, in whatever
   * order; more rows may come than one run takes. Resolves after the last; rejects as `infer` does
   * where nothing was begun, or the connection or the time was over before the last.
   */
  inferRows(
    request: InferInput, onRow: (row: InferRow) => void, options?: CallOptions,
  ): Promise<void>;
  /** Resolves once the events are durable. */
  events(events: readonly EventInput[], options?: CallOptions): Promise<EventsReply>;
  recommend(request: RecommendInput, options?: CallOptions): Promise<RecommendReply>;
  /** An answer for each customer, in their order, as for a mail; up to 200 at once. */
  batch(request: BatchInput, options?: CallOptions): Promise<BatchReply>;
  similar(request: SimilarInput, options?: CallOptions): Promise<RecommendReply>;
  /** Resolves once the changes of the catalogue are durable; the next answer knows them. */
  catalogue(request: CatalogueInput, options?: CallOptions): Promise<CatalogueReply>;
  insight(request: InsightRequest, options?: CallOptions): Promise<InsightReply>;
  /** Why a model of a row of features says what it says. */
  explain(request: ExplainInput, options?: CallOptions): Promise<Explanation>;
  metadata(request?: MetadataInput, options?: CallOptions): Promise<Record<string, unknown>>;
  /** Resolves to the round trip in milliseconds. */
  ping(options?: CallOptions): Promise<number>;
  /**
   * Fresh recommendations after each of the session's events, and again after a reconnect, until
   * the returned function is called. A second subscription to a session takes the first's place.
   * `onError` hears when the server refuses it.
   */
  subscribe(
    request: SubscribeInput,
    onPush: (push: Push) => void,
    onError?: (error: Error) => void,
  ): () => void;
  /** Ends the connection for good; what is open rejects with `closed`. */
  close(): void;
}
