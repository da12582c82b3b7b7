import { ServeError } from '../../server/core/errors.ts';
import type { Storefront, Subscription } from '../../server/storefront/storefront.ts';
import type {
  BatchReply,
  PlacementsReply,
  BatchRequest,
  CatalogueReply,
  CatalogueRequest,
  EventsReply,
  ForgetReply,
  ForgetRequest,
  InsightReply,
  InsightRequest,
  Push,
  RecommendReply,
  RecommendRequest,
  ShopEvent,
  SimilarRequest,
} from '../../server/wire/schema.ts';

/** Answers at once and remembers what it was asked; `hold` makes `recommend` wait for `release`. */
export class FakeStorefront implements Storefront {
  readonly asked: unknown[] = [];
  readonly subscribers = new Map<string, (push: Push) => void>();
  hold = false;
  #held: (() => void)[] = [];

  async ingest(events: readonly ShopEvent[]): Promise<EventsReply> {
    this.asked.push(events);
    return { accepted: events.length, duplicates: 0 };
  }

  async recommend(request: RecommendRequest): Promise<RecommendReply> {
    this.asked.push(request);
    if (this.hold) await new Promise<void>((resolve) => this.#held.push(resolve));
    return reply(request.session ?? 'popular');
  }

  placements(): PlacementsReply {
    return { placements: [], attributes: {} };
  }

  async batch({ customers }: BatchRequest): Promise<BatchReply> {
    return { answers: customers.map((customer) => ({ customer, ...reply(customer) })) };
  }

  async similar({ item }: SimilarRequest): Promise<RecommendReply> {
    if (item === 'none') throw new ServeError('unknown_item', item);
    if (item === 'defect') throw new TypeError('a defect of the server');
    return reply(item);
  }

  async catalogue(request: CatalogueRequest): Promise<CatalogueReply> {
    this.asked.push(request);
    return { put: request.put.length, removed: request.remove.length };
  }

  async forget(request: ForgetRequest): Promise<ForgetReply> {
    this.asked.push(request);
    return { events: 1 };
  }

  async insight(request: InsightRequest): Promise<InsightReply> {
    return {
      ...request,
      intent: {
        probability: 0.25,
        model: 'intent',
        version: '1',
        trainedOn: 'demo',
        features: { itemViews: 2 },
        timing: { queueUs: 1, runUs: 2, batchRows: 3, batchReason: 'idle' as const },
      },
      degraded: [],
    };
  }

  subscribe({ session }: Subscription, push: (push: Push) => void): () => void {
    this.subscribers.set(session, push);
    return () => this.subscribers.delete(session);
  }

  release(): void {
    for (const resume of this.#held.splice(0)) resume();
  }

  push(session: string, sequence: number): void {
    this.subscribers.get(session)?.({
      push: 'recommend',
      session,
      sequence,
      reply: reply(session),
    });
  }
}

function reply(item: string): RecommendReply {
  return {
    attribution: `a-${item}`,
    items: [{ item, score: 1, reason: { code: 'popular', text: 'Popular' } }],
    degraded: [],
  };
}
