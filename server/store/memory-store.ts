import { ServeError } from '../core/errors.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { decodeMsgpack } from '../wire/msgpack.ts';
import { Draft } from './draft.ts';
import { decodeEvent } from './event-codec.ts';
import type { EventTuple } from './event-codec.ts';
import { anonymous, FORGOTTEN_NOTE, Trail } from './forgotten.ts';
import type { PackedEvents } from './packed-events.ts';
import type { Item, ItemsListener, Store, StoredItem } from './store.ts';

/** The contract in its plainest form: the oracle of the store's tests, and a store for others'. */
export class MemoryStore implements Store {
  readonly #log: ShopEvent[] = [];
  readonly #ids = new Set<string>();
  readonly #items: StoredItem[] = [];
  readonly #rows = new Map<string, number>();
  readonly #notes = new Map<string, unknown>();
  readonly #listeners = new Set<ItemsListener>();
  #declaredCount = 0;
  #closed = false;

  get eventCount(): number {
    return this.#log.length;
  }

  get itemCount(): number {
    return this.#items.length;
  }

  append(
    events: readonly ShopEvent[],
  ): Promise<{ accepted: readonly ShopEvent[]; duplicates: number }> {
    return this.#change((draft) => draft.append(events));
  }

  async appendPacked(
    packed: PackedEvents, notes: Readonly<Record<string, unknown>> = {},
  ): Promise<{ accepted: number; duplicates: number }> {
    const events = Array.from({ length: packed.count }, (_, i) =>
      decodeEvent(decodeMsgpack(packed.bytes.subarray(packed.startOf(i), packed.ends[i])) as EventTuple));
    return this.#change((draft) => {
      const { accepted, duplicates } = draft.append(events);
      for (const [name, value] of Object.entries(notes)) draft.putNote(name, value);
      return { accepted: accepted.length, duplicates };
    });
  }

  *events(sequence = 0): Iterable<{ sequence: number; event: ShopEvent }> {
    this.#assertOpen();
    const end = this.#log.length; // as it was when the reading began
    for (let s = Math.max(0, sequence); s < end; s++) {
      yield { sequence: s, event: this.#log[s] as ShopEvent };
    }
  }

  async forget(customer: string): Promise<number> {
    this.#assertOpen();
    const trail = new Trail(customer);
    for (const event of this.#log) trail.note(event);
    let count = 0;
    this.#log.forEach((event, i) => {
      if (!trail.leadsFrom(event)) return;
      this.#log[i] = anonymous(event);
      count += 1;
    });
    const times = (this.#notes.get(FORGOTTEN_NOTE) ?? 0) as number;
    if (count > 0) this.#notes.set(FORGOTTEN_NOTE, times + 1);
    return count;
  }

  putItems(items: readonly Item[]): Promise<void> {
    return this.#change((draft) => draft.putItems(items));
  }

  removeItems(ids: readonly string[]): Promise<number> {
    return this.#change((draft) => draft.removeItems(ids));
  }

  item(id: string): StoredItem | undefined {
    const row = this.#rows.get(id);
    return row === undefined ? undefined : this.#items[row];
  }

  get declaredCount(): number {
    return this.#declaredCount;
  }

  itemAt(row: number): StoredItem | undefined {
    return this.#items[row];
  }

  items(): Iterable<StoredItem> {
    return this.#items.values();
  }

  onItems(listener: ItemsListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  note(name: string): unknown {
    return this.#notes.get(name);
  }

  putNote(name: string, value: unknown): Promise<void> {
    return this.#change((draft) => draft.putNote(name, value));
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  async #change<T>(change: (draft: Draft) => T): Promise<T> {
    this.#assertOpen();
    const draft = new Draft({
      itemCount: this.#items.length,
      hasEvent: (id) => this.#ids.has(id),
      item: (id) => this.item(id),
      note: (name) => this.#notes.get(name),
    });
    const result = change(draft);
    for (const event of draft.events) {
      this.#log.push(event);
      this.#ids.add(event.id);
    }
    for (const item of draft.items.values()) {
      const before = this.#items[item.row]?.declared ?? false;
      this.#declaredCount += Number(item.declared) - Number(before);
      this.#items[item.row] = item;
      this.#rows.set(item.id, item.row);
    }
    for (const [name, value] of draft.notes) this.#notes.set(name, structuredClone(value));
    if (draft.items.size > 0) {
      for (const listener of this.#listeners) listener([...draft.items.values()]);
    }
    return result;
  }

  #assertOpen(): void {
    if (this.#closed) throw new ServeError('storage', 'the store is closed');
  }
}
