import type { Clock } from '../core/clock.ts';
import type { Pace } from '../core/pace.ts';
import type { Store } from '../store/store.ts';
import { AnswerBodies } from '../wire/answer-body.ts';
import type { EncodedBody, FoundItems } from '../wire/answer-body.ts';
import { encodeMsgpack } from '../wire/msgpack.ts';
import type { Language, RecommendRequest, ShownFor } from '../wire/schema.ts';
import type { Attributions } from './attribution.ts';
import type { CatalogueFilter } from './filter.ts';
import { BATCH_MAX, FLIGHTS_MAX, HIDDEN_MAX } from './finder.ts';
import { hiddenRows } from './hidden-rows.ts';
import { reasonText } from './reasons.ts';
import { NO_ROW } from './retrieval/candidates.ts';
import type { QuickBatch, QuickFound } from './retrieval/quick-batch.ts';
import type { QuickRetrieval, Retriever } from './retrieval/retriever.ts';
import { situationOf } from './situation.ts';
import type { SituationParts } from './situation.ts';
import type { Tasted } from './taste.ts';
import type { Tastes } from './tastes.ts';
import type { Trials } from './trial.ts';

export interface QuickParts extends SituationParts {
  readonly store: Pick<Store, 'item' | 'itemAt' | 'onItems'>;
  readonly clock: Clock;
  readonly retriever: Retriever;
  readonly catalogue: CatalogueFilter;
  readonly attributions: Attributions;
  readonly trials?: Trials;
  readonly pace?: Pace;
  readonly counts: { degraded: number };
  readonly searched: { searches: number; batches: number };
}

interface Waiting {
  readonly request: RecommendRequest;
  readonly taste: Tasted | null;
  readonly degraded: string[];
  readonly resolve: (body: EncodedBody | null) => void;
  readonly reject: (error: unknown) => void;
}

/** What the usual request says; one that says more goes the general way. */
const USUAL: ReadonlySet<string> = new Set([
  'op', 'id', 'context', 'deadlineMs', 'priority', 'session', 'customer', 'items', 'k', 'filter', 'language',
]);
const K_MAX = 100;
const REASONS_KEPT_MAX = 65_536;

/** Whether a request is what most are: what comes next for a visitor. Pure. */
export function isUsual(request: RecommendRequest): boolean {
  for (const name in request) {
    if (!USUAL.has(name) && request[name as keyof RecommendRequest] !== undefined) return false;
  }
  return request.filter.where === undefined && request.k !== undefined && request.k <= K_MAX;
}

/**
 * Answers what most requests ask, with little between the socket and the addon: no plan, no object for
 * an item, and the reply in msgpack. It says what `Answers.recommend` says of the same moment
 * (`test/unit/storefront/quick-answers.test.ts`); what it cannot say it leaves to that.
 */
export class QuickAnswers {
  readonly #quick: QuickRetrieval | null;
  readonly #batch: QuickBatch | null; // that is being filled
  readonly #bodies = new AnswerBodies();
  readonly #reasons = new Map<Language, Map<number, Uint8Array>>(); // in msgpack
  readonly #inFlight = new Set<Promise<void>>();
  #waiting: Waiting[] = [];
  #running = false;

  constructor(private readonly parts: QuickParts, private readonly tastes: Tastes) {
    this.#quick = parts.retriever.quick ?? null;
    this.#batch = this.#quick?.batch(BATCH_MAX) ?? null;
    parts.store.onItems(() => this.#reasons.clear()); // titles stand in them
  }

  /** Null where the general way has to answer, at once or once that is seen. */
  take(
    request: RecommendRequest, deadlineMs?: number, priority?: number,
  ): Promise<EncodedBody | null> | null {
    const { trials } = this.parts;
    if (!this.#quick || (trials && !trials.idle) || !isUsual(request)) return null;
    const degraded: string[] = [];
    const before = situationOf(this.parts, request, degraded);
    const taste = this.tastes.known(before);
    if (taste !== undefined) return this.#ask(request, taste, degraded);
    return this.tastes.of(before, deadlineMs, priority, degraded)
      .then((tasted) => this.#ask(request, tasted, degraded));
  }

  #ask(request: RecommendRequest, taste: Tasted | null, degraded: string[]): Promise<EncodedBody | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, taste, degraded, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      // What else is ready comes before: answers of a batch of encoder runs, requests of one turn.
      process.nextTick(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      while (this.#inFlight.size >= FLIGHTS_MAX) await Promise.race(this.#inFlight);
      const turn = this.parts.pace?.turn();
      if (turn) await turn;
      const flight: Promise<void> = this.#answer(this.#waiting.splice(0, BATCH_MAX))
        .finally(() => this.#inFlight.delete(flight));
      this.#inFlight.add(flight);
    }
    this.#running = false;
  }

  async #answer(asked: readonly Waiting[]): Promise<void> {
    const { searched } = this.parts;
    try {
      const batch = this.#batch as QuickBatch;
      batch.clear();
      const open = asked.filter((one) => this.#add(batch, one));
      if (open.length === 0) return;
      searched.searches += open.length;
      searched.batches += 1;
      const found = await (this.#quick as QuickRetrieval).search(batch);
      open.forEach((one, q) => this.#tell(one, found, q));
    } catch (error) {
      for (const { reject } of asked) reject(error); // whoever has an answer keeps it
    }
  }

  /** Looks at the session as it is now that its turn has come. False where the general way answers. */
  #add(batch: QuickBatch, { request, taste, resolve }: Waiting): boolean {
    const { parts } = this;
    const { filter } = request;
    const now = situationOf(parts, request, []);
    const hidden = hiddenRows(parts.store, filter, now, parts.clock.wallMs());
    if (hidden.size > HIDDEN_MAX) {
      resolve(null);
      return false;
    }
    batch.add({
      items: now.query, session: now.session?.key ?? -1, hidden, allow: parts.catalogue.shared(filter),
      taste: taste?.vector, k: request.k as number,
    });
    return true;
  }

  #tell({ request, taste, degraded, resolve }: Waiting, found: QuickFound, q: number): void {
    const from = q === 0 ? 0 : (found.ends[q - 1] as number);
    const count = (found.ends[q] as number) - from;
    // To be filled up, or with less of its filter.
    if (count < (request.k as number)) return resolve(null);
    const { attributions, counts } = this.parts;
    if (degraded.length > 0) counts.degraded += 1;
    const attribution = attributions.issue(found.rows.subarray(from, from + count));
    const items = this.#items(found, from, count, request.language ?? 'en');
    resolve(this.#bodies.write(attribution, items, degraded, taste?.model ?? null));
  }

  #items(found: QuickFound, from: number, count: number, language: Language): FoundItems {
    const { store } = this.parts;
    return {
      count,
      idAt: (i) => store.itemAt(found.rows[from + i] as number)?.id ?? '',
      scoreAt: (i) => found.scores[from + i] as number,
      reasonAt: (i) => this.#reason(found, from + i, language),
    };
  }

  /** As `Answers` words it. */
  #reason(found: QuickFound, at: number, language: Language): Uint8Array {
    const row = found.rows[at] as number;
    const follows = found.because[at] as number;
    const number = found.sources[at] as number;
    const again = follows === row; // a rule may lead from an item to itself
    const code = again ? 'again' : found.reasons[number] as ShownFor;
    const because = again || follows === NO_ROW ? NO_ROW : follows;
    const cold = code === 'similar' ? this.#quick?.coldOf(row) : undefined;
    if (cold !== undefined) return this.#worded(code, because, language, cold);
    let kept = this.#reasons.get(language);
    if (!kept) this.#reasons.set(language, kept = new Map());
    const key = (again ? found.reasons.length : number) * 2 ** 33 + because;
    const known = kept.get(key);
    if (known) return known;
    const bytes = this.#worded(code, because, language);
    if (kept.size >= REASONS_KEPT_MAX) kept.clear();
    kept.set(key, bytes);
    return bytes;
  }

  #worded(code: ShownFor, row: number, language: Language, cold?: string): Uint8Array {
    const because = row === NO_ROW ? undefined : this.parts.store.itemAt(row);
    return Uint8Array.from(encodeMsgpack({
      code, ...(because && { because: because.id }), ...(cold !== undefined && { cold }),
      text: reasonText(code, because?.title, language),
    }));
  }
}

