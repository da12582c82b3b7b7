import type { ShopEvent } from '../wire/schema.ts';
import { encodeEvent, type EventTuple } from './event-codec.ts';

/** Note of a store: how often somebody was forgotten. What was made of the log before is of no use then. */
export const FORGOTTEN_NOTE = 'forgotten';

/**
 * What leads to a customer in a log: events that name them, and those that name nobody of sessions and
 * visitors that did. All of the log is to be noted before anything is asked.
 */
export class Trail {
  readonly #sessions = new Set<string>();
  readonly #visitors = new Set<string>();

  constructor(private readonly customer: string) {}

  note({ customer, session, visitor }: ShopEvent): void {
    if (customer !== this.customer) return;
    this.#sessions.add(session);
    if (visitor !== undefined) this.#visitors.add(visitor);
  }

  leadsFrom({ customer, session, visitor }: ShopEvent): boolean {
    if (customer !== undefined) return customer === this.customer;
    return this.#sessions.has(session) || (visitor !== undefined && this.#visitors.has(visitor));
  }

  /** Events of a record as they stay, and how many of them changed. */
  removedFrom(events: readonly ShopEvent[]): { readonly record: EventTuple[]; readonly count: number } {
    const theirs = events.map((event) => this.leadsFrom(event));
    return {
      count: theirs.filter(Boolean).length,
      record: events.map((event, i) => encodeEvent(theirs[i] ? anonymous(event) : event)),
    };
  }
}

/** What a log becomes without a customer: records that change, by their keys, and events that do. */
export async function withoutCustomer(
  customer: string, eachRecord: (visit: (key: number, events: readonly ShopEvent[]) => void) => Promise<void>,
): Promise<{ readonly records: ReadonlyMap<number, readonly EventTuple[]>; readonly count: number }> {
  const trail = new Trail(customer);
  await eachRecord((_, events) => events.forEach((event) => trail.note(event)));
  const records = new Map<number, readonly EventTuple[]>();
  let sum = 0;
  await eachRecord((key, events) => {
    const { record, count } = trail.removedFrom(events);
    if (count > 0) records.set(key, record);
    sum += count;
  });
  return { records, count: sum };
}

/**
 * The event as it stays: that something was looked at or bought, by nobody. Its id still counts once;
 * without consent, nothing learns of it.
 */
export function anonymous({ id, type, atMs, session, items, currency, robot }: ShopEvent): ShopEvent {
  return {
    id, type, atMs, session, items, consent: false,
    ...(currency !== undefined && { currency }), ...(robot && { robot }),
  };
}
