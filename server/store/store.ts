import type { Attributes, ShopEvent } from '../wire/schema.ts';
import type { PackedEvents } from './packed-events.ts';

/** A thing the shop sells. */
export interface Item {
  readonly id: string;
  readonly title: string;
  readonly categories: readonly string[];
  readonly price?: number; // in the shop's currency
  readonly inStock: boolean;
  /** What a picture can be drawn or fetched from; the demo store's seed, or a URL. */
  readonly picture?: string;
  /** The shop's own; each of one type on all items (`attributes.ts`). */
  readonly attributes?: Attributes;
}

/** An item with the dense number it got when first seen; stable for the life of the store. */
export interface StoredItem extends Item {
  readonly row: number; // 0, 1, 2 …
  /** Whether the shop has put it into its catalogue; false: so far only events have named it. */
  readonly declared: boolean;
  /** Taken out of the catalogue: never shown, until it is declared again. Its row stays its own. */
  readonly removed: boolean;
}

/** Told which items were added, replaced or removed, after their commit. */
export type ItemsListener = (items: readonly StoredItem[]) => void;

/**
 * Durable state. `LmdbStore` is the embedded implementation; a scale-out twin would keep the same
 * contract. Every write resolves after its commit; one that rejects wrote nothing:
 * `storage` (disk full, read-only, closed) or `overloaded` (too many writes wait for the disk).
 */
export interface Store {
  /** Appends the events whose ids are new, in order. Unknown items are added, undeclared, named by their id. */
  append(
    events: readonly ShopEvent[],
  ): Promise<{ accepted: readonly ShopEvent[]; duplicates: number }>;
  /**
   * The same for what an import has packed, in one commit with notes (undefined takes one away): where
   * the import has got to. Items are those of `packed.items`.
   */
  appendPacked(
    packed: PackedEvents, notes?: Readonly<Record<string, unknown>>,
  ): Promise<{ accepted: number; duplicates: number }>;
  /** Every event in order of arrival, from `sequence` on (0 is the first). */
  events(sequence?: number): Iterable<{ readonly sequence: number; readonly event: ShopEvent }>;
  readonly eventCount: number;
  /**
   * Takes a customer out of the log as it is now, in one commit: their events, and those that name nobody
   * of their sessions and visitors, stay as `anonymous` ones. Resolves to how many. What they do later
   * is somebody new's.
   */
  forget(customer: string): Promise<number>;
  /** Declares items: adds them, or replaces what is known of them; rows stay. */
  putItems(items: readonly Item[]): Promise<void>;
  /** Takes items out of the catalogue. Resolves to how many were in it. */
  removeItems(ids: readonly string[]): Promise<number>;
  item(id: string): StoredItem | undefined;
  itemAt(row: number): StoredItem | undefined;
  items(): Iterable<StoredItem>;
  readonly itemCount: number;
  readonly declaredCount: number; // of those items, the removed among them; 0: nobody has given a catalogue
  /** Calls `listener` after each commit that added, replaced or removed items, until cancelled. */
  onItems(listener: ItemsListener): () => void;
  /** Small named values, e.g. which data set was imported. */
  note(name: string): unknown;
  putNote(name: string, value: unknown): Promise<void>;
  close(): Promise<void>;
}
