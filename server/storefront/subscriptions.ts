import { ServeError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Push, RecommendReply } from '../wire/schema.ts';
import { STOREFRONT_LIMITS } from './limits.ts';
import type { Subscription } from './storefront.ts';

interface Subscriber {
  readonly subscription: Subscription;
  readonly push: (push: Push) => void;
  running: boolean;
  stale: boolean; // the session has moved on since the running computation began
  cancelled: boolean;
  sequence: number;
}

/**
 * Who wants to hear of which session. A subscriber has one computation in flight at most; events
 * that come meanwhile are answered together by the next one.
 */
export class Subscriptions {
  readonly #bySession = new Map<string, Set<Subscriber>>();
  #count = 0;

  constructor(
    private readonly recommend: (subscription: Subscription) => Promise<RecommendReply>,
    private readonly log: Log,
    private readonly subscriptionsMax: number = STOREFRONT_LIMITS.subscriptionsMax,
  ) {}

  get count(): number {
    return this.#count;
  }

  /** Returns what ends it: no push after that. Fails with `overloaded` when there are too many. */
  add(subscription: Subscription, push: (push: Push) => void): () => void {
    if (this.#count >= this.subscriptionsMax) {
      throw new ServeError('overloaded', `${this.#count} subscriptions`, { retryAfterMs: 10_000 });
    }
    const { session } = subscription;
    const subscriber = {
      subscription, push, running: false, stale: false, cancelled: false, sequence: 0,
    };
    const peers = this.#bySession.get(session) ?? new Set();
    this.#bySession.set(session, peers.add(subscriber));
    this.#count += 1;
    return () => this.#remove(subscriber, peers);
  }

  /** The session has events that its subscribers have not been answered for. */
  touch(session: string): void {
    for (const subscriber of this.#bySession.get(session) ?? []) {
      subscriber.stale = true;
      if (!subscriber.running) void this.#run(subscriber);
    }
  }

  async #run(subscriber: Subscriber): Promise<void> {
    const { subscription, push } = subscriber;
    subscriber.running = true;
    while (subscriber.stale && !subscriber.cancelled) {
      subscriber.stale = false;
      try {
        const reply = await this.recommend(subscription);
        if (subscriber.cancelled) break;
        subscriber.sequence += 1;
        const { session } = subscription;
        push({ push: 'recommend', session, sequence: subscriber.sequence, reply });
      } catch (error) {
        // Nobody asked, so nobody can be told; the next event tries again.
        this.log.warn('push failed', { message: (error as Error).message });
      }
    }
    subscriber.running = false;
  }

  #remove(subscriber: Subscriber, peers: Set<Subscriber>): void {
    if (subscriber.cancelled) return;
    subscriber.cancelled = true;
    this.#count -= 1;
    peers.delete(subscriber);
    const { session } = subscriber.subscription;
    if (peers.size === 0 && this.#bySession.get(session) === peers) this.#bySession.delete(session);
  }
}
