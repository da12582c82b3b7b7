import { ServeError } from '../core/errors.ts';
import { LIMITS } from '../wire/schema.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { ATTRIBUTES_NOTE, notedTypes, withTypesOf } from './attributes.ts';
import type { Item, StoredItem } from './store.ts';

/** What is committed, as a draft needs to see it. */
export interface Committed {
  readonly itemCount: number;
  hasEvent(id: string): boolean;
  item(id: string): StoredItem | undefined;
  note(name: string): unknown;
}

/**
 * What one group of changes will write, worked out before any of it is written. It sees the
 * committed state with its own changes on top. Dropping it undoes everything.
 */
export class Draft {
  readonly events: ShopEvent[] = [];
  /** Added or replaced, by id. */
  readonly items = new Map<string, StoredItem>();
  readonly notes = new Map<string, unknown>();
  readonly #eventIds = new Set<string>();
  #itemCount: number;

  constructor(private readonly committed: Committed) {
    this.#itemCount = committed.itemCount;
  }

  /** The events whose ids nobody has seen, and how many others there were. */
  append(events: readonly ShopEvent[]): { accepted: ShopEvent[]; duplicates: number } {
    for (const event of events) {
      assertId(event.id);
      for (const { item } of event.items) assertId(item);
    }
    const accepted = events.filter((event) => this.#isNew(event.id));
    for (const event of accepted) {
      this.events.push(event);
      for (const { item } of event.items) {
        if (!this.#item(item)) this.#put(namedBy(item), false);
      }
    }
    return { accepted, duplicates: events.length - accepted.length };
  }

  putItems(items: readonly Item[]): void {
    for (const item of items) assertId(item.id);
    if (items.some(({ attributes }) => attributes)) this.#takeAttributes(items);
    for (const item of items) this.#put(item, true);
  }

  /** How many of them were in the catalogue. */
  removeItems(ids: readonly string[]): number {
    let removed = 0;
    for (const id of ids) {
      const item = this.#item(id);
      if (!item || item.removed) continue;
      this.items.set(id, { ...item, removed: true });
      removed += 1;
    }
    return removed;
  }

  putNote(name: string, value: unknown): void {
    this.notes.set(name, value);
  }

  #takeAttributes(items: readonly Item[]): void {
    const known = notedTypes(this.notes.get(ATTRIBUTES_NOTE) ?? this.committed.note(ATTRIBUTES_NOTE));
    const types = withTypesOf(known, items);
    if (types !== known) this.notes.set(ATTRIBUTES_NOTE, Object.fromEntries(types));
  }

  #isNew(id: string): boolean {
    if (this.#eventIds.has(id) || this.committed.hasEvent(id)) return false;
    this.#eventIds.add(id);
    return true;
  }

  #item(id: string): StoredItem | undefined {
    return this.items.get(id) ?? this.committed.item(id);
  }

  #put(item: Item, declared: boolean): void {
    const row = this.#item(item.id)?.row ?? this.#itemCount++;
    this.items.set(item.id, { ...item, row, declared, removed: false });
  }
}

/** All that is known of an item that an event names. */
export function namedBy(id: string): Item {
  return { id, title: id, categories: [], inStock: true };
}

/** Checked before a draft changes at all: ids become keys, and a key that is refused comes late. */
function assertId(id: string): void {
  if (id.length > 0 && id.length <= LIMITS.idBytesMax) return;
  throw new ServeError('bad_argument', `id '${id}' is not of 1..${LIMITS.idBytesMax} characters`);
}
