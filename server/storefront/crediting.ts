import type { ShopEvent } from '../wire/schema.ts';
import type { LiveSession, Sessions } from './session-state.ts';

/** Told of an event that a customer made, and of the moment from which it was known to be theirs. */
export type Credit = (customer: string, event: ShopEvent, knownMs: number) => void;

/**
 * Whose an event is: of the customer it names, or of the one its session has named. What a visitor did
 * in a session before they made themselves known becomes theirs when they do. The same for an event of
 * this moment, for one of the log, and for training.
 */
export class Crediting {
  constructor(
    private readonly sessions: Sessions,
    private readonly credit: Credit,
    private readonly join: (session: LiveSession, customer: string) => void = () => {},
  ) {}

  /**
   * The session that the event is now part of; undefined when that one is over. Without consent the
   * event is part of its session and of nothing else.
   */
  take(event: ShopEvent): LiveSession | undefined {
    const session = this.sessions.take(event);
    if (event.consent === false) return session;
    const customer = event.customer ?? session?.customer;
    if (customer === undefined) return session;
    if (session && session.customer === undefined) {
      for (const earlier of session.events) {
        if (earlier === event || earlier.consent === false) continue;
        this.credit(customer, earlier, Math.max(earlier.atMs, event.atMs));
      }
      this.join(session, customer);
    }
    if (session && event.customer !== undefined) session.namedMs = Math.min(session.namedMs, event.atMs);
    if (session) session.customer = customer;
    const named = event.customer !== undefined ? event.atMs : (session?.namedMs ?? event.atMs);
    this.credit(customer, event, Math.max(event.atMs, named));
    return session;
  }
}
