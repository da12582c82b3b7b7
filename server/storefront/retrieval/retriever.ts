import type { Allow } from '../../ann/binding.ts';
import type { ReasonCode } from '../../wire/schema.ts';

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
  readonly k: number;
}

export interface RetrievedItem {
  readonly row: number;
  readonly score: number; // higher is better
  readonly source: ReasonCode; // the source that gave most of the score
  readonly because?: number; // row of the session item it follows from
}

/**
 * Finds and ranks what to show next: several sources, one blend chosen on validation data.
 * Synchronous and allocation-light; everything asynchronous was done by the caller.
 */
export interface Retriever {
  /** At most k items, best first, no item twice; fewer only when fewer are allowed. */
  retrieve(query: RetrievalQuery): RetrievedItem[];
  /** Items near to one item. */
  similar(row: number, k: number, allow?: Allow): RetrievedItem[];
  /** One more item of a session; it counts in the very next answer to others. */
  observe(session: number, row: number, weight: number): void;
  /** As `observe` for each visit that `read` shows: quicker for a whole log. */
  observeAll(read: (see: SeeVisit) => void): void;
}

/** Takes one item that a session showed interest in: the session's key, the row, views' worth. */
export type SeeVisit = (session: number, row: number, weight: number) => void;
