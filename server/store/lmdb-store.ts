import assert from 'node:assert/strict';
import { mkdirSync, realpathSync } from 'node:fs';
import { asBinary, open } from 'lmdb';
import type { Database, RootDatabase } from 'lmdb';
import { asServeError, ServeError } from '../core/errors.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { CommitPace } from './commit-pace.ts';
import { Draft, namedBy } from './draft.ts';
import { decodeEvent, encodeEvent } from './event-codec.ts';
import type { EventTuple } from './event-codec.ts';
import { decodeItem } from './item-codec.ts';
import type { ItemRecord } from './item-codec.ts';
import { FORGOTTEN_NOTE, withoutCustomer } from './forgotten.ts';
import { isAlive, thisProcess } from './owner.ts';
import type { Owner } from './owner.ts';
import { keyOrder } from './key-order.ts';
import { packedRecords } from './packed-records.ts';
import type { PackedEvents } from './packed-events.ts';
import { storageError } from './storage-error.ts';
import type { Item, ItemsListener, Store, StoredItem } from './store.ts';
import { assertUsable } from './usable-folder.ts';

/** Raised when a build writes what an older one would misread. The tables are in README.md. */
export const SCHEMA_VERSION = 2; // 2: items may be removed

const RECORD_EVENTS_MAX = 256; // events packed into one record of the log: about 24 KB
const TURN_EVENTS = 8192; // of the log, read in one turn of the event loop: about 15 ms
const WAITING_MAX = 200_000; // events and items that wait for the commit before theirs

/** One caller's change: what it adds to the group's draft, and its promise's two ends. */
interface Change {
  readonly size: number; // events or items
  readonly apply: (draft: Draft) => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: ServeError) => void;
}

interface Tables {
  readonly root: RootDatabase;
  readonly meta: Database<unknown, string>;
  readonly log: Database<readonly EventTuple[], number>; // by the first event's sequence number
  readonly ids: Database<number, Buffer>; // event id -> sequence number
  readonly items: Database<ItemRecord, number>; // by row
  readonly notes: Database<unknown, string>;
}

/**
 * The embedded store: one LMDB folder, one process. Changes of one turn of the event loop, and all
 * that come while a commit is under way, share the next transaction; each promise resolves when
 * that is on disk. The catalogue is held in memory as well, so that rows are read without a lookup.
 */
export class LmdbStore implements Store {
  readonly #rows = new Map<string, number>();
  readonly #items: StoredItem[] = [];
  readonly #listeners = new Set<ItemsListener>();
  #eventCount = 0;
  #declaredCount = 0;
  #waiting: Change[] = [];
  #waitingSize = 0;
  #scheduled = false;
  readonly #pace = new CommitPace(); // says when the next begins
  #committing: Promise<void> | null = null;
  #closed = false;

  /**
   * Opens or makes the store in `folder`. Fails with `storage` when another process has it open,
   * when a newer build wrote it, or when the folder cannot be used; the message says which.
   * `version` is for tests alone: to write what a newer build will.
   */
  static open(folder: string, version = SCHEMA_VERSION): LmdbStore {
    let tables: Tables | null = null;
    try {
      mkdirSync(folder, { recursive: true });
      assertUsable(folder);
      tables = openTables(realpathSync(folder));
      claim(tables.root, tables.meta, folder, version);
      return new LmdbStore(tables, folder);
    } catch (error) {
      void tables?.root.close();
      if (error instanceof ServeError) throw error;
      throw new ServeError('storage', `${folder}: ${(error as Error).message}`, { cause: error });
    }
  }

  /**
   * The same for reading alone, as it is at this moment, beside a server that goes on writing. Every
   * write fails with `storage`.
   */
  static openToRead(folder: string, version = SCHEMA_VERSION): LmdbStore {
    let tables: Tables | null = null;
    try {
      tables = openTables(realpathSync(folder), true);
      assertReadable(tables.meta, folder, version);
      return new LmdbStore(tables, folder, true);
    } catch (error) {
      void tables?.root.close();
      if (error instanceof ServeError) throw error;
      throw new ServeError('storage', `${folder}: ${(error as Error).message}`, { cause: error });
    }
  }

  private constructor(
    private readonly tables: Tables,
    private readonly folder: string,
    private readonly readOnly = false,
  ) {
    for (const { value } of tables.items.getRange()) this.#remember(decodeItem(value));
    // Backwards, lmdb 3.5.6 never comes to key 0 of a uint32 table: a log of one record is asked for it.
    const [last = { key: 0, value: tables.log.get(0) ?? [] }] =
      tables.log.getRange({ reverse: true, limit: 1 });
    this.#eventCount = last.key + last.value.length;
  }

  get eventCount(): number {
    return this.#eventCount;
  }

  get itemCount(): number {
    return this.#items.length;
  }

  get declaredCount(): number {
    return this.#declaredCount;
  }

  append(
    events: readonly ShopEvent[],
  ): Promise<{ accepted: readonly ShopEvent[]; duplicates: number }> {
    return this.#change(events.length, (draft) => draft.append(events));
  }

  /** In one transaction, on this thread: the caller has no sockets to look after. */
  async appendPacked(
    packed: PackedEvents, notes: Readonly<Record<string, unknown>> = {},
  ): Promise<{ accepted: number; duplicates: number }> {
    this.#assertWritable();
    while (this.#committing || this.#waiting.length > 0) await (this.#committing ?? this.#pump());
    const { root, log, ids, items, notes: noted } = this.tables;
    const named: StoredItem[] = packed.items.filter((id) => !this.item(id)).map((id, i) =>
      ({ ...namedBy(id), row: this.#items.length + i, declared: false, removed: false }));
    const first = this.#eventCount;
    const fresh = new Uint8Array(packed.count);
    let accepted = 0;
    try {
      root.transactionSync(() => {
        for (const i of keyOrder(packed)) {
          // Its types do not say that it tells whether it wrote.
          const put = ids.putSync(packed.id(i), first + i, { noOverwrite: true }) as unknown;
          if (put === false) continue;
          fresh[i] = 1;
          accepted += 1;
        }
        for (let i = 0, at = 0; accepted < packed.count && i < packed.count; i += 1) {
          if (fresh[i] === 1) ids.putSync(packed.id(i), first + at++); // others moved up
        }
        for (const { at, record } of packedRecords(packed, fresh, RECORD_EVENTS_MAX)) {
          log.putSync(first + at, asBinary(record) as unknown as EventTuple[]);
        }
        for (const item of named) items.putSync(item.row, item);
        for (const [name, value] of Object.entries(notes)) {
          if (value === undefined) noted.removeSync(name);
          else noted.putSync(name, value);
        }
      });
    } catch (error) {
      throw await storageError(this.folder, error);
    }
    this.#publish(accepted, named);
    return { accepted, duplicates: packed.count - accepted };
  }

  *events(sequence = 0): Iterable<{ sequence: number; event: ShopEvent }> {
    this.#assertOpen();
    const { log } = this.tables;
    const from = Math.max(0, sequence);
    const [record = 0] = log.getKeys({ start: from, reverse: true, limit: 1 }); // 0: as above
    try {
      for (const { key, value } of log.getRange({ start: record })) {
        for (let i = Math.max(0, from - key); i < value.length; i++) {
          if (this.readOnly && key + i >= this.#eventCount) return; // of items that came since
          yield { sequence: key + i, event: decodeEvent(value[i] as EventTuple) };
        }
      }
    } catch (cause) {
      const { message } = cause as Error;
      const detail = `${this.folder}: an event of the log is damaged (${message})`;
      throw new ServeError('storage', `${detail}: bring back a copy of the folder`, { cause });
    }
  }

  /** Reads the log twice, a slice in each turn of the event loop; what it changes is one transaction. */
  async forget(customer: string): Promise<number> {
    this.#assertWritable();
    while (this.#committing || this.#waiting.length > 0) await (this.#committing ?? this.#pump());
    const end = this.#eventCount;
    const { records, count } = await withoutCustomer(customer, (visit) => this.#eachRecord(end, visit));
    if (count === 0) return 0;
    while (this.#committing || this.#waiting.length > 0) await (this.#committing ?? this.#pump());
    const { root, log, notes } = this.tables;
    try {
      root.transactionSync(() => {
        for (const [key, record] of records) log.putSync(key, record);
        notes.putSync(FORGOTTEN_NOTE, ((notes.get(FORGOTTEN_NOTE) ?? 0) as number) + 1);
      });
      return count;
    } catch (error) {
      throw await storageError(this.folder, error);
    }
  }

  /** Records of the log before an event, that is the first of one. */
  async #eachRecord(
    end: number, visit: (key: number, events: readonly ShopEvent[]) => void,
  ): Promise<void> {
    for (let from = 0; from < end;) {
      this.#assertOpen();
      const turn = Math.min(end, from + TURN_EVENTS);
      const began = from;
      for (const { key, value } of this.tables.log.getRange({ start: from, end: turn })) {
        visit(key, value.map(decodeEvent));
        from = key + value.length;
      }
      assert.ok(from > began, 'the log has a gap');
      await new Promise(setImmediate);
    }
  }

  putItems(items: readonly Item[]): Promise<void> {
    return this.#change(items.length, (draft) => draft.putItems(items));
  }

  removeItems(ids: readonly string[]): Promise<number> {
    return this.#change(ids.length, (draft) => draft.removeItems(ids));
  }

  item(id: string): StoredItem | undefined {
    const row = this.#rows.get(id);
    return row === undefined ? undefined : this.#items[row];
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
    this.#assertOpen();
    return this.tables.notes.get(name);
  }

  putNote(name: string, value: unknown): Promise<void> {
    return this.#change(1, (draft) => draft.putNote(name, value));
  }

  /** Commits what waits, then lets go of the folder. Later calls fail with `storage`. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    while (this.#committing || this.#waiting.length > 0) await (this.#committing ?? this.#pump());
    const { root, meta } = this.tables;
    if (!this.readOnly) root.transactionSync(() => void meta.removeSync('owner'));
    await root.close();
  }

  #change<T>(size: number, apply: (draft: Draft) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#assertWritable();
      if (this.#waitingSize >= WAITING_MAX) {
        throw new ServeError('overloaded', 'writes wait for the disk', { retryAfterMs: 1000 });
      }
      this.#waiting.push({ size, apply, resolve: resolve as (result: unknown) => void, reject });
      this.#waitingSize += size;
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#committing || this.#waiting.length === 0) return;
    this.#scheduled = true;
    const waitMs = this.#pace.waitMs(performance.now());
    const later = waitMs > 0.5 ? setTimeout : setImmediate; // the end of the turn: what else came with it joins
    later(() => void this.#pump(), waitMs);
  }

  /** The one place that starts a commit; what waits when it has ended has the next scheduled. */
  async #pump(): Promise<void> {
    this.#scheduled = false;
    if (this.#committing || this.#waiting.length === 0) return;
    const group = this.#waiting;
    this.#waiting = [];
    this.#waitingSize = 0;
    this.#pace.started(performance.now());
    this.#committing = this.#commit(group);
    await this.#committing;
    this.#committing = null;
    this.#pace.ended(group.length, this.#waiting.length);
    this.#schedule();
  }

  /** Never rejects: every change of the group learns how it went. */
  async #commit(group: readonly Change[]): Promise<void> {
    const draft = new Draft({
      itemCount: this.#items.length,
      hasEvent: (id) => this.tables.ids.doesExist(Buffer.from(id)),
      item: (id) => this.item(id),
      note: (name) => this.tables.notes.get(name),
    });
    const done: { change: Change; result: unknown }[] = [];
    for (const change of group) {
      try {
        done.push({ change, result: change.apply(draft) });
      } catch (error) {
        change.reject(asServeError(error)); // a draft checks before it changes: the others go on
      }
    }
    try {
      await this.#write(draft);
    } catch (error) {
      const failure = await storageError(this.folder, error);
      for (const { change } of done) change.reject(failure);
      return;
    }
    this.#publish(draft.events.length, [...draft.items.values()]);
    for (const { change, result } of done) change.resolve(result);
  }

  /** One transaction: all of the draft is on disk when this resolves, none when it rejects. */
  async #write(draft: Draft): Promise<void> {
    const { root, log, ids, items, notes } = this.tables;
    const { events } = draft;
    if (events.length + draft.items.size + draft.notes.size === 0) return;
    const first = this.#eventCount;
    await root.batch(() => {
      for (let at = 0; at < events.length; at += RECORD_EVENTS_MAX) {
        const record = events.slice(at, at + RECORD_EVENTS_MAX).map(encodeEvent);
        void log.put(first + at, record);
      }
      events.forEach((event, i) => void ids.put(Buffer.from(event.id), first + i));
      for (const item of draft.items.values()) void items.put(item.row, item);
      for (const [name, value] of draft.notes) void notes.put(name, value);
    });
  }

  /** Lets readers see what has just been committed. */
  #publish(events: number, items: readonly StoredItem[]): void {
    this.#eventCount += events;
    if (items.length === 0) return;
    for (const item of items) this.#remember(item);
    for (const listener of this.#listeners) listener(items);
  }

  #remember(item: StoredItem): void {
    const before = this.#items[item.row]?.declared ?? false;
    this.#declaredCount += Number(item.declared) - Number(before);
    this.#items[item.row] = item;
    this.#rows.set(item.id, item.row);
  }

  #assertWritable(): void {
    this.#assertOpen();
    if (this.readOnly) throw new ServeError('storage', `${this.folder} is open for reading alone`);
  }

  #assertOpen(): void {
    if (this.#closed) throw new ServeError('storage', `${this.folder}: the store is closed`);
  }
}

function openTables(path: string, readOnly = false): Tables {
  const root = open({
    path,
    readOnly,
    maxDbs: 8,
    noSubdir: false, // lmdb takes a folder with a dot in its name for a file
    overlappingSync: false, // a commit is on disk when its promise resolves, not soon after
    eventTurnBatching: false, // groups are made here; its own promises would go unhandled
  });
  return {
    root,
    meta: root.openDB({ name: 'meta' }),
    log: root.openDB({ name: 'log', keyEncoding: 'uint32' }),
    ids: root.openDB({ name: 'ids', keyEncoding: 'binary' }),
    items: root.openDB({ name: 'items', keyEncoding: 'uint32' }),
    notes: root.openDB({ name: 'notes' }),
  };
}

/**
 * Marks the store as this process's own. LMDB lets one transaction write at a time, over all
 * processes, so two servers that start at once cannot both find it free.
 */
function claim(root: RootDatabase, meta: Tables['meta'], folder: string, version: number): void {
  root.transactionSync(() => {
    assertReadable(meta, folder, version);
    const owner = meta.get('owner') as Owner | undefined;
    const self = thisProcess(folder);
    if (owner && isAlive(owner, self)) {
      const detail = `${folder} is open in process ${owner.pid}`;
      throw new ServeError('storage', `${detail}: stop it, or name another folder`);
    }
    meta.putSync('schema', version);
    meta.putSync('owner', self);
  });
}

function assertReadable(meta: Tables['meta'], folder: string, version: number): void {
  const found = (meta.get('schema') as number | undefined) ?? version;
  if (found <= version) return;
  const detail = `${folder} has schema ${found}, this build reads up to ${version}`;
  throw new ServeError('storage', `${detail}: start a newer build, or name another folder`);
}
