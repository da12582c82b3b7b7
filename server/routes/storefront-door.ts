import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Stages } from '../core/stages.ts';
import type { Storefront, Subscription } from '../storefront/storefront.ts';
import type { Push, Request } from '../wire/schema.ts';
import { Caller, Desk, DESK_LIMITS, type Ticket } from './desk.ts';
import { type Explaining, explainWithin } from './explain.ts';

/** What is asked of the shop, or of who explains its models, and answered once. */
export type StorefrontRequest = Extract<
  Request, { op: 'events' | 'recommend' | 'batch' | 'similar' | 'catalogue' | 'insight' | 'explain' }
>;

type Asked<Name extends StorefrontRequest['op']> = Extract<StorefrontRequest, { op: Name }>;

/** A subscription that was asked for. */
export interface Subscribed {
  /** No push after that. */
  readonly stop: () => void;
  /** Where that is not known at once: settles when it stands, rejects when it is refused. */
  readonly standing?: Promise<void>;
}

/** A socket's way to the shop, which is on this thread or on another. */
export interface StorefrontDoor {
  /**
   * As `Desk.take` takes work: `done` is the reply without its id. `stages` have its time then. `encoded`:
   * it may be an `EncodedBody`.
   */
  take(
    caller: Caller, patienceMs: number | undefined, request: StorefrontRequest, stages?: Stages,
    encoded?: boolean,
  ): Ticket<object>;
  /** As `Storefront.subscribe`; what refuses it is thrown, or rejected with. */
  subscribe(subscription: Subscription, push: (push: Push) => void): Subscribed;
}

/** The door of a shop on this thread: its work takes its turn at the desk. */
export class DeskDoor implements StorefrontDoor {
  readonly #desk: Desk;
  readonly #explained = new WeakMap<Caller, Caller>(); // the same sockets at the other desk

  /** A desk of its own where none is named. Without `explaining`, `explain` is not supported. */
  constructor(
    private readonly storefront: Storefront, clock: Clock, desk?: Desk,
    private readonly explaining: Explaining | null = null,
  ) {
    this.#desk = desk ?? new Desk({ clock, pace: null, nextTurn: setImmediate, limits: DESK_LIMITS });
  }

  take(
    caller: Caller, patienceMs: number | undefined, request: StorefrontRequest, stages?: Stages,
    encoded = false,
  ): Ticket<object> {
    if (request.op === 'explain') return this.#explain(caller, patienceMs, request, stages);
    const queued = stages?.begin('queue');
    return this.#desk.take(caller, patienceMs, (leftMs) => {
      queued?.();
      return this.#run(request, leftMs, stages, encoded);
    });
  }

  subscribe(subscription: Subscription, push: (push: Push) => void): Subscribed {
    return { stop: this.storefront.subscribe(subscription, push) };
  }

  #explain(
    caller: Caller, patienceMs: number | undefined, request: Asked<'explain'>,
    stages: Stages | undefined,
  ): Ticket<object> {
    const { explaining } = this;
    if (!explaining) throw new ServeError('unsupported', 'nothing explains here');
    const other = this.#explained.get(caller) ?? new Caller();
    this.#explained.set(caller, other);
    const queued = stages?.begin('queue');
    return explaining.desk.take(other, patienceMs, (leftMs) => {
      queued?.();
      const asking = explainWithin(explaining, request, leftMs, request.priority);
      return stages?.of('explain', asking) ?? asking;
    });
  }

  async #run(
    request: Exclude<StorefrontRequest, Asked<'explain'>>, leftMs: number, stages: Stages | undefined,
    encoded: boolean,
  ): Promise<object> {
    const { storefront } = this;
    const { priority } = request;
    switch (request.op) {
      case 'events': return storefront.ingest(request.events, stages);
      case 'recommend': {
        const quick = encoded ? storefront.recommendEncoded?.(request, leftMs, priority) : null;
        return quick ?? storefront.recommend(request, leftMs, priority, stages);
      }
      case 'batch': return storefront.batch(request, leftMs, priority);
      case 'similar': return storefront.similar(request, stages);
      case 'catalogue': return storefront.catalogue(request, stages);
      case 'insight': return storefront.insight(request, leftMs, priority, stages);
    }
  }
}

export function isStorefrontRequest(request: Request): request is StorefrontRequest {
  switch (request.op) {
    case 'events': case 'recommend': case 'batch': case 'similar': case 'catalogue': case 'insight': case 'explain':
      return true;
    default: return false;
  }
}

/** Of an operation that nobody here answers. */
export function unknownOp({ op }: Request): ServeError {
  return new ServeError('unknown_op', op);
}
