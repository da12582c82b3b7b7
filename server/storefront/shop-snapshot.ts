import { rm } from 'node:fs/promises';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Histories, SavedHistories } from '../features/histories.ts';
import { LAYOUT_VERSION } from '../features/layout.ts';
import { decodeEvent, encodeEvent } from '../store/event-codec.ts';
import type { EventTuple } from '../store/event-codec.ts';
import { FORGOTTEN_NOTE } from '../store/forgotten.ts';
import type { Store } from '../store/store.ts';
import type { Customers, SavedCustomers } from './customer-state.ts';
import { INTEREST } from './interest.ts';
import { STOREFRONT_LIMITS } from './limits.ts';
import type { Retriever } from './retrieval/retriever.ts';
import type { SavedSession, Sessions } from './session-state.ts';
import { readSnapshot, writeSnapshot } from './snapshot-file.ts';
import type { Columns } from './snapshot-file.ts';
import type { SavedVisitors, Visitors } from './visitors.ts';

export interface SnapshotParts {
  readonly path: string;
  readonly store: Pick<Store, 'events' | 'eventCount' | 'note'>;
  readonly retriever: Pick<Retriever, 'madeWith' | 'save' | 'load'>;
  readonly sessions: Sessions;
  readonly customers: Customers;
  readonly histories: Histories;
  readonly visitors: Visitors;
  readonly timeZone?: string;
  readonly sessionMinutesMax: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** The head of the file: what is not numbers, and what the rest depends on. */
interface Head {
  readonly madeWith: string;
  readonly events: number; // of the log, that are in it
  readonly firstId: string; // of those,
  readonly lastId: string; // so that another store's log is not taken for this one
  readonly forgotten: number; // times that a customer was: the log has been another since
  readonly sessions: readonly (Omit<SavedSession, 'events'> & { readonly events: readonly EventTuple[] })[];
  readonly customers: Pick<SavedCustomers, 'ids' | 'sessions'>;
  readonly visitors: readonly (Omit<SavedVisitors[number], 'held'> & { readonly held: readonly EventTuple[] })[];
  readonly histories: Pick<SavedHistories, 'ids' | 'zones'> & {
    readonly ahead: readonly (readonly [string, EventTuple])[];
  };
}

/**
 * What playing the log came to, in a file, so that a start plays only what came after. It is a cache:
 * what is wrong with it costs a line in the log and the time of playing everything.
 */
export class ShopSnapshot {
  #events = 0; // that the file holds
  #writing: Promise<void> | null = null;
  #dropped = false;

  constructor(private readonly parts: SnapshotParts) {}

  /** Takes over what the file holds; how many events of the log that spares. */
  async load(): Promise<number> {
    const { path, log } = this.parts;
    const found = await readSnapshot(path);
    if (found === null) return 0;
    const why = typeof found === 'string' ? found : this.#take(found.head as unknown as Head, found.columns);
    if (why === null) return this.#events;
    log.warn('the snapshot is of no use: the log is played in full', { path, why });
    return 0;
  }

  /** Whether `seen` events are so many more than the file holds that another one is worth it. */
  isDue(seen: number): boolean {
    return !this.#dropped && this.#writing === null && seen - this.#events >= STOREFRONT_LIMITS.snapshotEventsMin;
  }

  /**
   * Writes what the first `seen` events of the log came to, which is what is here now: gathered before
   * this returns, on disk when it resolves. Never rejects: a start can do without.
   */
  async write(seen: number): Promise<void> {
    await this.#writing;
    this.#writing = this.#write(seen);
    await this.#writing;
    this.#writing = null;
  }

  /**
   * Takes the file away, and writes none until the next start: what is in memory was learned from a
   * customer who is forgotten too, and only the log played again is without them. Never rejects.
   */
  async drop(): Promise<void> {
    const { path, log } = this.parts;
    this.#dropped = true;
    await this.#writing;
    await rm(path, { force: true }).catch((error: Error) => {
      log.warn('the snapshot could not be taken away; it is refused at the next start', {
        path, why: error.message,
      });
    });
  }

  async #write(seen: number): Promise<void> {
    const { path, clock, log } = this.parts;
    const startUs = clock.nowUs();
    try {
      const snapshot = this.#gather(seen);
      const gatheredUs = clock.nowUs();
      const bytes = await writeSnapshot(path, snapshot);
      this.#events = seen;
      log.info('a snapshot is written', {
        events: seen, bytes, gatherMs: Math.round((gatheredUs - startUs) / 1000),
        ms: Math.round((clock.nowUs() - startUs) / 1000),
      });
    } catch (error) {
      log.warn('no snapshot could be written', { path, why: (error as Error).message });
    }
  }

  #gather(seen: number): { head: Readonly<Record<string, unknown>>; columns: Columns } {
    const { retriever, sessions, customers, histories, visitors, sessionMinutesMax, clock } = this.parts;
    const { ids, sessions: customerSessions, ...columns } = customers.save();
    const { ids: known, zones, ahead, ...cells } = histories.save();
    const silenceMs = sessionMinutesMax * 60_000;
    const sinceMs = clock.wallMs() - silenceMs - STOREFRONT_LIMITS.lateMsMax;
    const head: Head = {
      madeWith: this.#madeWith,
      events: seen,
      firstId: this.#idAt(0),
      lastId: this.#idAt(seen - 1),
      forgotten: this.#forgotten,
      sessions: sessions.save(sinceMs).map(({ events, ...session }) =>
        ({ ...session, events: events.map(encodeEvent) })),
      customers: { ids, sessions: customerSessions },
      visitors: visitors.save().map(({ held, ...visitor }) => ({ ...visitor, held: held.map(encodeEvent) })),
      histories: {
        ids: known, zones, ahead: ahead.map(({ customer, event }) => [customer, encodeEvent(event)]),
      },
    };
    return { head: { ...head }, columns: { ...columns, ...cells, ...retriever.save() } };
  }

  /** Null when all of it was taken, else why nothing was. */
  #take(head: Head, columns: Columns): string | null {
    const { store, retriever, sessions, customers, histories, visitors } = this.parts;
    const { events } = head;
    if (head.madeWith !== this.#madeWith) return 'it was made with other settings, or other models';
    if (events > store.eventCount) return `it holds ${events} events, the log ${store.eventCount}`;
    if (head.firstId !== this.#idAt(0) || head.lastId !== this.#idAt(events - 1)) {
      return 'it is of another log';
    }
    if (head.forgotten !== this.#forgotten) return 'a customer has been forgotten since';
    try {
      retriever.load(columns);
    } catch (error) {
      return (error as Error).message;
    }
    sessions.load(head.sessions.map(({ events: tuples, ...session }) =>
      ({ ...session, events: tuples.map(decodeEvent) })));
    visitors.load(head.visitors.map(({ held, ...visitor }) => ({ ...visitor, held: held.map(decodeEvent) })));
    customers.load({ ...columns, ...head.customers } as unknown as SavedCustomers);
    histories.load({
      ...columns, ...head.histories,
      ahead: head.histories.ahead.map(([customer, tuple]) => ({ customer, event: decodeEvent(tuple) })),
    } as unknown as SavedHistories);
    this.#events = events;
    return null;
  }

  get #madeWith(): string {
    const { retriever, sessionMinutesMax, timeZone = 'UTC' } = this.parts;
    const { madeWith } = retriever;
    return JSON.stringify({
      madeWith, sessionMinutesMax, timeZone, LAYOUT_VERSION, INTEREST, STOREFRONT_LIMITS,
    });
  }

  get #forgotten(): number {
    return (this.parts.store.note(FORGOTTEN_NOTE) ?? 0) as number;
  }

  #idAt(sequence: number): string {
    for (const { event } of this.parts.store.events(Math.max(0, sequence))) return event.id;
    return '';
  }
}
