import type { Stages } from '../core/stages.ts';
import type { EncodedBody } from '../wire/answer-body.ts';
import type {
  CatalogueReply, CatalogueRequest, EventsReply, Filter, ForgetReply, ForgetRequest, InsightReply,
  InsightRequest, Language, Push, RecommendReply, RecommendRequest, ShopEvent, Rules,
  SimilarRequest, BatchReply, PlacementsReply, BatchRequest,
} from '../wire/schema.ts';

/**
 * The shop's loop: events in, answers out. `Shop` implements it; routes see this alone. What the time
 * went into is noted in `stages`, where they are given.
 */
export interface Storefront {
  /**
   * Makes the events durable, then lets the next answer feel them. Resolves after the commit.
   * Fails with `storage`; then none of the events was taken.
   */
  ingest(events: readonly ShopEvent[], stages?: Stages): Promise<EventsReply>;
  /** Never empty while the catalogue holds an item that the filter lets pass. */
  recommend(
    request: RecommendRequest, deadlineMs?: number, priority?: number, stages?: Stages,
  ): Promise<RecommendReply>;
  /**
   * The same as a body in msgpack, for less; null where the request is not of the usual kind. Absent: none is.
   */
  recommendEncoded?(
    request: RecommendRequest, deadlineMs?: number, priority?: number,
  ): Promise<EncodedBody | RecommendReply> | null;
  /** An answer for each customer, in their order. Fails where the request itself is wrong. */
  batch(request: BatchRequest, deadlineMs?: number, priority?: number): Promise<BatchReply>;
  /** The shop's placements with their rules, and the attributes that expressions may name. */
  placements(): PlacementsReply;
  /** Fails with `unknown_item`. */
  similar(request: SimilarRequest, stages?: Stages): Promise<RecommendReply>;
  /** Makes the changes durable; the next answer knows them. Fails with `storage`. */
  catalogue(request: CatalogueRequest, stages?: Stages): Promise<CatalogueReply>;
  insight(
    request: InsightRequest, deadlineMs?: number, priority?: number, stages?: Stages,
  ): Promise<InsightReply>;
  /**
   * Takes a customer out of what is remembered and out of the log. Resolves when that is durable. Fails
   * with `storage`; then only the memory has forgotten them, until the next start.
   */
  forget(request: ForgetRequest): Promise<ForgetReply>;
  /** Calls `push` with fresh recommendations after each event of the session, until cancelled. */
  subscribe(request: Subscription, push: (push: Push) => void): () => void;
}

export interface Subscription extends Rules {
  readonly session: string;
  readonly customer?: string;
  readonly k?: number;
  readonly filter: Filter;
  readonly language?: Language;
  readonly placement?: string;
  readonly again?: boolean;
}
