import type { ShopEvent } from '../wire/schema.ts';
import { countBought } from './bought.ts';
import { INTEREST } from './interest.ts';
import { STOREFRONT_LIMITS } from './limits.ts';
import { RobotWatch } from './robot-watch.ts';
import type { SavedWatch } from './robot-watch.ts';
import { sessionKey } from './session-key.ts';

/** Where an event belongs among what is known of its session. Pure. */
export type Placement =
  | 'begins' // the session is unknown, or its silence was too long: a new one begins
  | 'joins'
  | 'late'; // it belongs to a session that was over before this one began

export function placement(
  session: { readonly firstMs: number; readonly lastMs: number } | undefined,
  atMs: number,
  silenceMsMax: number,
): Placement {
  if (!session || atMs > session.lastMs + silenceMsMax) return 'begins';
  return atMs < session.firstMs - silenceMsMax ? 'late' : 'joins';
}

/** One visit that goes on: its newest events by the shop's time, and whose it is. */
export class LiveSession {
  readonly #events: ShopEvent[] = [];
  #rows: Uint32Array | null = null; // kept until the next event, as is #bought
  #bought: ReadonlyMap<number, number> | null = null;
  customer: string | undefined;
  namedMs = Infinity; // when an event first named them
  readonly watch = new RobotWatch();

  constructor(
    readonly id: string,
    readonly key: number, // for retrieval: see `sessionKey`
    private readonly rowOf: (item: string) => number | undefined,
  ) {}

  /** No person is behind it: it teaches nothing. */
  get robot(): boolean {
    return this.watch.robot;
  }

  get firstMs(): number {
    return this.#events[0]?.atMs ?? Infinity;
  }

  get lastMs(): number {
    return this.#events[this.#events.length - 1]?.atMs ?? -Infinity;
  }

  /** By event time; those of one time in order of arrival. */
  get events(): readonly ShopEvent[] {
    return this.#events;
  }

  /** Rows of the items of interest, oldest first. Valid until the next event. */
  get rows(): Uint32Array {
    this.#rows ??= itemRows(this.#events, this.rowOf);
    return this.#rows;
  }

  /** How many of each row were bought in it and not given back. Valid until the next event. */
  get bought(): ReadonlyMap<number, number> {
    this.#bought ??= boughtRows(this.#events, this.rowOf);
    return this.#bought;
  }

  insert(event: ShopEvent): void {
    let at = this.#events.length;
    while (at > 0 && (this.#events[at - 1] as ShopEvent).atMs > event.atMs) at -= 1;
    if (at === this.#events.length) this.#events.push(event);
    else this.#events.splice(at, 0, event);
    if (this.#events.length > STOREFRONT_LIMITS.sessionEventsMax) this.#events.shift();
    this.#rows = null;
    this.#bought = null;
  }
}

export interface SavedSession {
  readonly id: string;
  readonly key: number;
  readonly customer?: string;
  readonly events: readonly ShopEvent[];
  readonly watch: SavedWatch;
}

export interface SessionLimits {
  readonly sessionsMax: number;
  readonly eventsMax: number; // of all sessions together
}

/** Live sessions by id, the least recently active first to go. */
export class Sessions {
  readonly #live = new Map<string, LiveSession>(); // least recently active first
  #newest: LiveSession | undefined; // the last of that order
  #eventCount = 0; // of all of them

  constructor(
    private readonly silenceMsMax: number,
    private readonly rowOf: (item: string) => number | undefined,
    private readonly limits: SessionLimits = STOREFRONT_LIMITS,
  ) {}

  get count(): number {
    return this.#live.size;
  }

  /** The session if it still goes on: one that has been silent for too long is over. */
  at(id: string | undefined, nowMs: number): LiveSession | undefined {
    const session = id === undefined ? undefined : this.#live.get(id);
    return session && nowMs <= session.lastMs + this.silenceMsMax ? session : undefined;
  }

  /** The session that the event is now part of; undefined when that one is over already. */
  take(event: ShopEvent): LiveSession | undefined {
    const known = this.#live.get(event.session);
    const place = placement(known, event.atMs, this.silenceMsMax);
    if (place === 'late') return undefined;
    const session =
      known && place === 'joins'
        ? known
        : new LiveSession(event.session, sessionKey(event.session, event.atMs), this.rowOf);
    // To the end of the order, unless it is there: in a log, sessions often stand whole.
    if (session !== this.#newest) this.#forget(session.id);
    else this.#eventCount -= session.events.length;
    session.insert(event);
    session.watch.see(event);
    if (session !== this.#newest) this.#live.set(session.id, session);
    this.#newest = session;
    this.#eventCount += session.events.length;
    const { sessionsMax, eventsMax } = this.limits;
    while (this.#live.size > sessionsMax || (this.#eventCount > eventsMax && this.#live.size > 1)) {
      this.#forget(this.#live.keys().next().value as string);
    }
    return session;
  }

  /** Lets go of a session that is over. Of one that may yet get events, only its end is known. */
  forgetIfSilent(id: string, nowMs: number): void {
    const session = this.#live.get(id);
    if (session && nowMs > session.lastMs + this.silenceMsMax) this.#forget(id);
  }

  /** Lets go of all sessions that have named a customer. */
  forgetCustomer(customer: string): void {
    for (const [id, session] of this.#live) if (session.customer === customer) this.#forget(id);
  }

  /** Sessions that had an event after `sinceMs`, least recently active first. */
  save(sinceMs: number): SavedSession[] {
    const saved: SavedSession[] = [];
    for (const { id, key, customer, events, lastMs, watch } of this.#live.values()) {
      if (lastMs <= sinceMs) continue;
      saved.push({ id, key, ...(customer !== undefined && { customer }), events, watch: watch.save() });
    }
    return saved;
  }

  /** What `save` gave, in place of all that is here. */
  load(saved: readonly SavedSession[]): void {
    this.#live.clear();
    this.#newest = undefined;
    this.#eventCount = 0;
    for (const { id, key, customer, events, watch } of saved) {
      const session = new LiveSession(id, key, this.rowOf);
      for (const event of events) session.insert(event);
      session.customer = customer;
      session.watch.load(watch);
      this.#live.set(id, session);
      this.#newest = session;
      this.#eventCount += session.events.length;
    }
  }

  /** Lets go of all that are over. */
  forgetSilent(nowMs: number, but: (id: string) => boolean): void {
    for (const id of [...this.#live.keys()]) if (!but(id)) this.forgetIfSilent(id, nowMs);
  }

  #forget(id: string): void {
    const session = this.#live.get(id);
    if (session === this.#newest) this.#newest = undefined;
    this.#eventCount -= session?.events.length ?? 0;
    this.#live.delete(id);
  }
}

/**
 * A click, the view it leads to and the cart after it are one visit to an item: a repeat of the
 * last item by another kind of event is left out. A second view is a visit of its own.
 */
function itemRows(
  events: readonly ShopEvent[],
  rowOf: (item: string) => number | undefined,
): Uint32Array {
  const rows: number[] = [];
  let lastType = '';
  for (const event of events) {
    if (INTEREST[event.type] === 0) continue;
    for (const { item } of event.items) {
      const row = rowOf(item);
      if (row === undefined) continue;
      if (row === rows[rows.length - 1] && event.type !== lastType) continue;
      rows.push(row);
    }
    lastType = event.type;
  }
  return Uint32Array.from(rows);
}

function boughtRows(
  events: readonly ShopEvent[],
  rowOf: (item: string) => number | undefined,
): ReadonlyMap<number, number> {
  const bought = new Map<number, number>();
  for (const event of events) countBought(bought, event, rowOf);
  return bought;
}
