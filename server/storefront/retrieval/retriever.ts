import type { Allow, SearchExplanation } from '../../ann/binding.ts';
import type { EventType, Placement, ReasonCode } from '../../wire/schema.ts';
import type { ItemVectors } from '../item-vocabulary.ts';
import type { Columns } from '../snapshot-file.ts';
import type { QuickBatch, QuickFound } from './quick-batch.ts';

/** Items are dense rows of the store's catalogue (`StoredItem.row`) throughout this folder. */
export interface RetrievalQuery {
  /** The session's items, oldest first; may be empty. */
  readonly items: Uint32Array;
  /** The session's own key, so that it does not vote for itself. */
  readonly session?: number;
  /** What the session encoder expects next, when it could be run in time. */
  readonly taste?: Float32Array;
  /** Bitmap over rows: only items whose bit is set may be answered. All items when absent. */
  readonly allow?: Allow;
  /** Rows that may not be answered, whatever `allow` says. */
  readonly hidden?: Uint32Array;
  readonly k: number;
  /** Whose weights hold (`settings.ts`). Absent: the one blend. */
  readonly placement?: Placement | undefined;
  /** In place of the placement's, of the sources that it names. */
  readonly weights?: Readonly<Partial<Record<ReasonCode, number>>> | undefined;
  /** Whose word `taste` is, where it is not the shop's own encoder: one of `addEncoder`. */
  readonly encoder?: string | undefined;
  /** For the sources that know customers. */
  readonly customer?: string | undefined;
  /** The customer's newest items over all of their sessions, oldest first. */
  readonly recent?: ArrayLike<number> | undefined;
  /** Filled with how its vectors were searched for. */
  readonly explain?: Explained | undefined;
}

/** Items near to one item. */
export interface SimilarQuery {
  readonly row: number;
  readonly k: number;
  readonly allow?: Allow;
  readonly explain?: Explained | undefined;
}

/** By source: how its index was searched. */
export type Explained = Partial<Record<ReasonCode, Partial<SearchExplanation>>>;

/**
 * Where the vector of an item that the models have never seen comes from: the items that were visited
 * beside it, or those of its categories.
 */
export type ColdStart = 'visits' | 'text' | 'category';

/** What one source finds by itself. */
export interface TracedSource {
  readonly source: ReasonCode;
  readonly weight: number; // at the query's placement
  readonly rows: Uint32Array; // best first
  readonly shares: Float32Array; // of 1
}

export interface RetrievedItem {
  readonly row: number;
  readonly score: number; // higher is better
  readonly source: ReasonCode | 'listed'; // the source that gave most of the score; `listed`: none
  readonly because?: number; // row of the session item it follows from
  readonly cold?: ColdStart; // found by a vector that nothing was learned for
}

/** `retrieveApart` for many alike, without an object for each thing found; not filled up. */
export interface QuickRetrieval {
  /** To be filled, searched for, and filled again. */
  batch(size: number): QuickBatch;
  /** The batch may be filled again at once. */
  search(batch: QuickBatch): Promise<QuickFound>;
  /** Of a row that was found by its likeness. */
  coldOf(row: number): ColdStart | undefined;
}

/**
 * Finds and ranks what to show next: several sources, one blend chosen on validation data.
 * Synchronous and allocation-light; everything asynchronous was done by the caller.
 */
export interface Retriever {
  /**
   * For each query at most k items, best first, no item twice; fewer only when fewer are allowed. The
   * answers are those that the queries would have one by one; the work is less.
   */
  retrieveAll(queries: readonly RetrievalQuery[]): RetrievedItem[][];
  /** For queries of the one blend, where the addon has all of its sources. */
  readonly quick?: QuickRetrieval | null;
  /** The same off this thread. Where it is absent, `retrieveAll` does. */
  retrieveApart?(queries: readonly RetrievalQuery[]): Promise<RetrievedItem[][]>;
  similarAll(queries: readonly SimilarQuery[]): RetrievedItem[][];
  /** The sources of a query, each by itself: for who looks into an answer, not for answers. */
  trace?(query: RetrievalQuery): TracedSource[];
  /** Learns the items' vectors of another session encoder, of which queries may bring a `taste`. */
  addEncoder?(name: string, learned: ItemVectors): void;
  /** The learned vector of an item, by which likeness is measured; null: it has none. */
  vectorOf?(row: number): Float32Array | null;
  /** One more item of a session; it counts in the very next answer to others. */
  observe(session: number, row: number, weight: number): void;
  /** An event of interest, each once, in order of arrival; none without consent. */
  take(session: number, event: InterestEvent): void;
  /** The same event once more, when it is known whose it is: then, or later in its session. */
  credit(customer: string, event: InterestEvent): void;
  /** Drops what is known of a customer; whether anything was. */
  forget(customer: string): boolean;
  /** As `observe` for each visit that `read` shows: quicker for a whole log. */
  observeAll(read: (see: SeeVisit) => void): void;
  /** After the last `observeAll`: what it left to be done once for all of them is done. */
  settle(): void;
  /** What it depends on beside the log: of what another says, nothing may be loaded here. */
  readonly madeWith: string;
  /** What the log came to, as named columns. */
  save(): Columns;
  /** What `save` gave, before the first visit. Fails with `storage`, and nothing is loaded. */
  load(saved: Columns): void;
  /** Betters what approximate answers are found by, a step of some `count` items; 0: nothing to do. */
  refine(count: number): number;
}

/** An event that says something of the interest in its items (`../interest.ts`). */
export interface InterestEvent {
  readonly type: EventType;
  readonly atMs: number;
  readonly rows: readonly number[]; // of its items
}

/** Takes one item that a session showed interest in: the session's key, the row, views' worth. */
export type SeeVisit = (session: number, row: number, weight: number) => void;
