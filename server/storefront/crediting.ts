import { mayTeach } from '../wire/schema.ts';
import type { ShopEvent } from '../wire/schema.ts';
import type { LiveSession, Sessions } from './session-state.ts';
import { Visitors } from './visitors.ts';

/** Told of an event that a customer made, and of the moment from which it was known to be theirs. */
export type Credit = (customer: string, event: ShopEvent, knownMs: number) => void;

/**
 * Whose an event is: of the customer it names, of the one its session has named, or of the one its visitor
 * is known to be (`visitors.ts`). What was done before they made themselves known, in that session or in
 * earlier ones of that visitor, becomes theirs when they do. The same for an event of this moment, for one
 * of the log, and for training.
 */
export class Crediting {
  constructor(
    private readonly sessions: Sessions,
    private readonly credit: Credit,
    private readonly join: (session: LiveSession, customer: string) => void = () => {},
    readonly visitors: Visitors = new Visitors(),
  ) {}

  /**
   * The session that the event is now part of; undefined when that one is over. Without consent, and of a
   * robot, the event is part of its session and of nothing else.
   */
  take(event: ShopEvent): LiveSession | undefined {
    const session = this.sessions.take(event);
    if (!mayTeach(event) || session?.robot) return session;
    const { visitor } = event;
    const said = event.customer ?? session?.customer;
    const customer = said ?? this.visitors.customerOf(visitor);
    if (customer === undefined) {
      if (visitor !== undefined) this.visitors.hold(visitor, event);
      return session;
    }
    if (visitor !== undefined && said !== undefined) {
      for (const earlier of this.visitors.name(visitor, said)) {
        this.credit(said, earlier, Math.max(earlier.atMs, event.atMs));
      }
    }
    if (session && session.customer === undefined) {
      for (const earlier of session.events) {
        if (earlier === event || !mayTeach(earlier) || !this.visitors.release(earlier)) continue;
        this.credit(customer, earlier, Math.max(earlier.atMs, event.atMs));
      }
      this.join(session, customer);
    }
    if (session && event.customer !== undefined) session.namedMs = Math.min(session.namedMs, event.atMs);
    if (session) session.customer = customer;
    const named = event.customer !== undefined ? event.atMs : (session?.namedMs ?? event.atMs);
    this.credit(customer, event, Math.max(event.atMs, named === Infinity ? event.atMs : named));
    return session;
  }
}
