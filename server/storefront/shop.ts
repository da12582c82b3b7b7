import type { Addon } from '../ann/binding.ts';
import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import { Histogram } from '../core/histogram.ts';
import type { Log } from '../core/log.ts';
import type { Pace } from '../core/pace.ts';
import type { Stages } from '../core/stages.ts';
import { Histories } from '../features/histories.ts';
import type { Currencies } from '../intake/currencies.ts';
import type { Store } from '../store/store.ts';
import { mayTeach } from '../wire/schema.ts';
import type {
  CatalogueReply, CatalogueRequest, EventsReply, ForgetReply, ForgetRequest, InsightReply,
  InsightRequest, Push, RecommendReply, RecommendRequest, ShopEvent, SimilarRequest, BatchReply,
  PlacementsReply,
  BatchRequest,
} from '../wire/schema.ts';
import type { EncodedBody } from '../wire/answer-body.ts';
import { answerInsight } from './answer-insight.ts';
import { Answers } from './answers.ts';
import { Attributions } from './attribution.ts';
import { Crediting } from './crediting.ts';
import type { CustomerInsight } from './customer-insight.ts';
import { Customers } from './customer-state.ts';
import { CatalogueFilter } from './filter.ts';
import { Finder } from './finder.ts';
import type { Insight } from './insight.ts';
import { INTEREST, interestOf, teaches } from './interest.ts';
import { assertNotFuture } from './not-future.ts';
import { builtInPlacements } from './placements/placement.ts';
import type { Placements } from './placements/placement.ts';
import { Showings, visitorKey } from './placements/showings.ts';
import { lastEvents, playLog, warnUndeclared } from './play-log.ts';
import { ShowingsFile } from './placements/showings-file.ts';
import type { Retriever, SeeVisit } from './retrieval/retriever.ts';
import { Sessions } from './session-state.ts';
import { ShopSnapshot } from './shop-snapshot.ts';
import type { LiveSession } from './session-state.ts';
import type { Storefront, Subscription } from './storefront.ts';
import { Subscriptions } from './subscriptions.ts';
import type { Taste } from './taste.ts';
import type { Trials } from './trial.ts';

export interface ShopParts {
  readonly addon: Pick<Addon, 'FilterIndex' | 'Bitmap'>;
  readonly store: Store;
  /** Knows nothing of the log yet. */
  readonly retriever: Retriever;
  readonly clock: Clock;
  readonly log: Log;
  readonly sessionMinutesMax: number;
  readonly timeZone?: string; // of events and customers that name none; UTC when absent
  readonly currencies?: Currencies; // absent: prices are taken as they are
  readonly taste: Taste | null; // null: there is no session encoder
  readonly insight: Insight | null; // null: there is no intent model
  readonly customerInsight?: CustomerInsight | null; // asked of customers; absent: nobody can say
  readonly onEvent?: (event: ShopEvent) => void; // after its commit; not for those without consent
  readonly trials?: Trials; // experiments; absent: there are none
  readonly placements?: Placements; // the shop's own; the built-in ones when absent
  readonly pace?: Pace; // after which an answer gives way to the sockets
  readonly placementsProblem?: () => string | null; // why the file's do not hold
  /** What runs an encoder that an arm of an experiment names. Absent: arms name none. */
  readonly tasteOf?: (encoder: string) => Taste | null;
  readonly showingsPath?: string; // of what visitors were shown; absent: a start shows everything anew
  readonly snapshotPath?: string; // of what the log came to; absent: it is played in full each time
}

/**
 * The shop's loop in one process: an event is made durable, moves its session and customer, is told
 * to retrieval, and is answered to who subscribed. Nothing but the store outlives the process (and what
 * visitors were shown, after a stop); the rest is the log played again, from the snapshot on.
 */
export class Shop implements Storefront {
  readonly counts = { events: 0, duplicates: 0, late: 0, degraded: 0, pushes: 0, robots: 0 };
  /** Of each event: until the next answer is another for it, its commit included. */
  readonly freshnessUs = new Histogram();
  readonly #finder: Finder;
  readonly #answers: Answers;
  readonly #showings = new Showings();
  readonly #sessions: Sessions;
  readonly #customers: Customers;
  readonly #histories: Histories;
  readonly #crediting: Crediting;
  readonly #attributions: Attributions;
  readonly #subscriptions: Subscriptions;
  readonly #snapshot: ShopSnapshot | null;
  readonly #shown: ShowingsFile | null;
  #seen = 0; // events of the log that are in all of this

  /** Plays the log: the shop is then as it was when the last process ended. */
  static async open(parts: ShopParts): Promise<Shop> {
    const shop = new Shop(parts);
    await shop.#replay();
    return shop;
  }

  private constructor(private readonly parts: ShopParts) {
    const { store, clock, log } = parts;
    const rowOf = (item: string) => store.item(item)?.row;
    const catalogue = new CatalogueFilter(store, parts.addon);
    this.#finder = new Finder(catalogue, parts.retriever, parts.addon, parts.pace);
    this.#sessions = new Sessions(parts.sessionMinutesMax * 60_000, rowOf);
    this.#customers = new Customers(rowOf);
    this.#histories = new Histories({
      timeZone: parts.timeZone ?? 'UTC',
      categoryOf: (item) => store.item(item)?.categories[0],
    });
    this.#attributions = new Attributions(clock.wallMs().toString(36), rowOf);
    this.#crediting = new Crediting(
      this.#sessions,
      (customer, event) => {
        this.#customers.take(customer, event);
        this.#histories.take(customer, event, clock.wallMs());
        if (teaches(event)) parts.retriever.credit(customer, interestOf(event, this.parts.store));
      },
      (session, customer) => this.#attributions.join(session, customer),
    );
    const placements = parts.placements ?? builtInPlacements();
    this.#answers = new Answers({
      ...parts, placements, catalogue, sessions: this.#sessions, customers: this.#customers,
      attributions: this.#attributions, showings: this.#showings, finder: this.#finder, counts: this.counts,
    });
    this.#subscriptions = new Subscriptions((subscription) => this.recommend(subscription), log);
    const { snapshotPath: path, showingsPath } = parts;
    this.#shown = showingsPath === undefined ? null : new ShowingsFile(showingsPath, this.#showings, log);
    const [sessions, customers, histories] = [this.#sessions, this.#customers, this.#histories];
    const { visitors } = this.#crediting;
    this.#snapshot = path === undefined ? null : new ShopSnapshot({
      ...parts, path, sessions, customers, histories, visitors,
    });
  }

  get gauges() {
    return {
      sessions: this.#sessions.count,
      customers: this.#customers.count,
      subscriptions: this.#subscriptions.count,
    };
  }

  /** What is known of customers, as models see it: `server/features/`. */
  get histories(): Pick<Histories, 'features' | 'get' | 'all' | 'count' | 'bytes'> {
    return this.#histories;
  }

  async forget({ customer }: ForgetRequest): Promise<ForgetReply> {
    const drop = (): void => {
      this.#sessions.forgetCustomer(customer);
      this.#crediting.visitors.forgetCustomer(customer);
      this.#showings.forget(`c\n${customer}`);
      for (const each of [this.#customers, this.#histories, this.parts.retriever]) each.forget(customer);
    };
    drop();
    const { store } = this.parts;
    const events = await store.forget(customer);
    this.parts.trials?.forget(customer);
    drop(); // events that were being committed when it began
    if (events > 0) await this.#snapshot?.drop();
    await this.#shown?.drop(); // it names customers; the next stop writes it without them
    return { events };
  }

  /** Answers that were searched for, and in how many batches. */
  get searches() {
    return this.#finder.counts;
  }

  /** Visitors whose earlier events became a customer's, and those that two customers have used. */
  get visitors() {
    return this.#crediting.visitors.counts;
  }

  /** Events whose prices were of another currency. */
  get currencies() {
    return this.parts.currencies?.counts;
  }

  get attribution() {
    return this.#attributions.counts;
  }

  async ingest(events: readonly ShopEvent[], stages?: Stages): Promise<EventsReply> {
    const { clock, currencies } = this.parts;
    assertNotFuture(events, clock.wallMs());
    const cameUs = clock.nowUs();
    const appending = this.parts.store.append(currencies?.admit(events) ?? events);
    const { accepted, duplicates } = await (stages?.of('commit', appending) ?? appending);
    const applied = stages?.begin('apply');
    this.counts.events += accepted.length;
    this.counts.duplicates += duplicates;
    const observe: SeeVisit = (...visit) => this.parts.retriever.observe(...visit);
    for (const event of accepted) {
      this.#seen += 1;
      const session = this.#crediting.take(event);
      if (!session) this.counts.late += 1;
      if (session) this.#visits(session, event, observe);
      if (event.robot || session?.robot) this.counts.robots += 1;
      if (!mayTeach(event) || session?.robot) continue;
      this.#attributions.count(event, event.customer ?? session?.customer);
      if (this.#showings.count > 0) this.#clicked(event, event.customer ?? session?.customer);
      this.parts.onEvent?.(event);
      this.parts.trials?.seen(event, this.#seen - 1);
    }
    // An answer that begins from now on is of a shop in which they have happened.
    this.freshnessUs.record(clock.nowUs() - cameUs, accepted.length);
    for (const session of new Set(accepted.map((event) => event.session))) {
      this.#subscriptions.touch(session);
    }
    applied?.();
    return { accepted: accepted.length, duplicates };
  }

  recommend(
    request: RecommendRequest, deadlineMs?: number, priority?: number, stages?: Stages,
  ): Promise<RecommendReply> {
    return this.#answers.recommend(request, deadlineMs, priority, stages);
  }

  recommendEncoded(
    request: RecommendRequest, deadlineMs?: number, priority?: number,
  ): Promise<EncodedBody | RecommendReply> | null {
    return this.#answers.encoded(request, deadlineMs, priority);
  }

  placements(): PlacementsReply {
    return this.#answers.placements();
  }

  batch(request: BatchRequest, deadlineMs?: number, priority?: number): Promise<BatchReply> {
    return this.#answers.batch(request, deadlineMs, priority);
  }

  similar(request: SimilarRequest, stages?: Stages): Promise<RecommendReply> {
    return this.#answers.similar(request, stages);
  }

  /** The filter and the vector indexes follow the store's items by themselves. */
  async catalogue({ put, remove }: CatalogueRequest, stages?: Stages): Promise<CatalogueReply> {
    const { store } = this.parts;
    const changing = Promise.all([store.putItems(put), store.removeItems(remove)]);
    const [, removed] = await (stages?.of('commit', changing) ?? changing);
    return { put: put.length, removed };
  }

  async insight(
    request: InsightRequest, deadlineMs?: number, priority?: number, stages?: Stages,
  ): Promise<InsightReply> {
    const { insight, customerInsight = null, clock } = this.parts;
    if (request.session === undefined && request.customer === undefined) {
      throw new ServeError('bad_argument', 'insight needs a session or a customer');
    }
    const nowMs = clock.wallMs();
    const newest = this.#customers.get(request.customer)?.session;
    const live = this.#sessions.at(request.session ?? newest, nowMs);
    const session = request.session ?? live?.id;
    const customer = request.customer ?? live?.customer;
    const parts = { intent: insight, customers: customerInsight, histories: this.#histories };
    const events = live?.events ?? [];
    return answerInsight(
      parts, { request, session, customer, events, nowMs, deadlineMs, priority }, stages);
  }

  subscribe(request: Subscription, push: (push: Push) => void): () => void {
    this.#answers.plan(request); // refused now, not at the next event
    return this.#subscriptions.add(request, (message) => {
      this.counts.pushes += 1;
      push(message);
    });
  }

  /** Before the end: what is only in memory and worth a file. Never rejects. */
  async keepAtEnd(): Promise<void> {
    await this.keep();
    await this.#shown?.write();
  }

  /** Writes a snapshot where enough is new, for the next start. Never rejects. */
  async keep(): Promise<void> {
    const { store } = this.parts;
    // A log that somebody else has written to is to be played.
    if (this.#snapshot?.isDue(this.#seen) && this.#seen === store.eventCount) {
      await this.#snapshot.write(this.#seen);
    }
  }

  /**
   * The log once more, or what the snapshot has not of it; a session is let go of after its last event
   * if it is over by now.
   */
  async #replay(): Promise<void> {
    const { store, retriever, clock, log } = this.parts;
    const startUs = clock.nowUs();
    const nowMs = clock.wallMs();
    const from = (await this.#snapshot?.load()) ?? 0;
    await this.#shown?.load(store.itemCount);
    const last = await lastEvents(store, from);
    this.#sessions.forgetSilent(nowMs, (id) => last.names(id));
    await playLog(store, (slice) => retriever.observeAll((see) => {
      for (const { sequence, event } of slice) {
        const session = this.#crediting.take(event);
        if (session) this.#visits(session, event, see);
        if (last.has(sequence)) this.#sessions.forgetIfSilent(event.session, nowMs);
      }
    }), from);
    this.#seen = store.eventCount;
    retriever.settle();
    this.#histories.warm(nowMs);
    const ms = Math.round((clock.nowUs() - startUs) / 1000);
    log.info('the log is played', { events: store.eventCount, fromSnapshot: from, ...this.gauges, ms });
    warnUndeclared(store, log);
  }

  /** What retrieval may learn from an event. */
  #visits(session: LiveSession, event: ShopEvent, see: SeeVisit): void {
    if (!teaches(event) || session.robot) return;
    const interest = interestOf(event, this.parts.store);
    for (const row of interest.rows) see(session.key, row, INTEREST[event.type]);
    this.parts.retriever.take(session.key, interest);
  }

  /** What was clicked has done what it was shown for. */
  #clicked({ type, session, items }: ShopEvent, customer: string | undefined): void {
    if (INTEREST[type] === 0) return;
    for (const visitor of [visitorKey(undefined, session), visitorKey(customer, undefined)]) {
      if (visitor === null) continue;
      for (const { item } of items) {
        const row = this.parts.store.item(item)?.row;
        if (row !== undefined) this.#showings.clicked(visitor, row);
      }
    }
  }
}
