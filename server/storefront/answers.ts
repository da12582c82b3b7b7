import type { Clock } from '../core/clock.ts';
import { ServeError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import type { Pace } from '../core/pace.ts';
import type { Stages } from '../core/stages.ts';
import type { Store } from '../store/store.ts';
import type {
  BatchReply, BatchRequest, Filter, Language, PlacementsReply, RecommendedItem, RecommendReply,
  RecommendRequest, SimilarRequest,
} from '../wire/schema.ts';
import type { EncodedBody } from '../wire/answer-body.ts';
import { LIMITS } from '../wire/schema.ts';
import type { Attributions } from './attribution.ts';
import type { CatalogueFilter, Conditions } from './filter.ts';
import type { Customers } from './customer-state.ts';
import { debugOf } from './debug.ts';
import type { Finder, Found, Looked } from './finder.ts';
import { hiddenRows } from './hidden-rows.ts';
import type { Situation } from './hidden-rows.ts';
import type { Node } from './language/ast.ts';
import type { Setting } from './language/evaluate.ts';
import { meets } from './language/evaluate.ts';
import { arrange } from './placements/arrange.ts';
import type { Arranged, Candidate } from './placements/arrange.ts';
import { fallbackSteps } from './placements/fallback.ts';
import type { FallbackStep } from './placements/fallback.ts';
import type { Placements } from './placements/placement.ts';
import { planOf } from './placements/plan.ts';
import type { Plan } from './placements/plan.ts';
import { assertEachOnce, oneOf, rerank } from './placements/rerank.ts';
import { type Showings, visitorKey } from './placements/showings.ts';
import { UnitVectors } from './placements/unit-vectors.ts';
import { QuickAnswers } from './quick-answers.ts';
import { reasonText } from './reasons.ts';
import type { Explained, RetrievedItem, Retriever } from './retrieval/retriever.ts';
import type { Sessions } from './session-state.ts';
import { situationOf } from './situation.ts';
import type { Taste, Tasted } from './taste.ts';
import { ArmTastes } from './tastes.ts';
import type { Trial, Trials } from './trial.ts';

export interface AnswerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly retriever: Retriever;
  readonly taste: Taste | null;
  readonly sessions: Pick<Sessions, 'at'>;
  readonly customers: Pick<Customers, 'get'>;
  readonly attributions: Attributions;
  readonly showings: Showings;
  readonly catalogue: CatalogueFilter;
  readonly finder: Finder;
  readonly placements: Placements;
  readonly placementsProblem?: () => string | null; // why the file's do not hold
  readonly trials?: Trials; // experiments; absent: there are none
  /** What runs an encoder that an arm names. Absent: arms name none. */
  readonly tasteOf?: (encoder: string) => Taste | null;
  readonly counts: { degraded: number };
  readonly pace?: Pace; // of the usual requests
}

/** An item of an answer: its own source's, or a result of a search engine. */
export type Shown = Candidate & Pick<RetrievedItem, 'because' | 'cold'> & {
  readonly source: RetrievedItem['source'] | 'search';
};

/** What an answer is made of, step by step. */
export interface Made {
  readonly plan: Plan;
  readonly now: Situation;
  readonly setting: Setting;
  readonly seed: number;
  readonly pool: readonly Shown[];
  readonly arranged: readonly Arranged<Shown>[] | null;
  readonly items: readonly Shown[];
  readonly steps: readonly { readonly step: string; readonly found: Found; readonly more: number }[];
}

/** What of a search differs between answers. */
interface Looking {
  readonly explain: Explained | undefined;
  /** Rows that may not be shown, as things stand when its turn has come. */
  readonly hide: (now: Situation, filter: Filter) => Set<number>;
}

/** Answers of the shop: what to show next, and what is like an item. */
export class Answers {
  readonly #tastes: ArmTastes;
  readonly #units: UnitVectors;
  readonly #quick: QuickAnswers;

  constructor(private readonly parts: AnswerParts) {
    this.#tastes = new ArmTastes(parts.taste, parts.tasteOf, parts.store, parts.log);
    this.#quick = new QuickAnswers({ ...parts, searched: parts.finder.counts }, this.#tastes.own);
    this.#units = new UnitVectors(parts.clock, (row) => parts.retriever.vectorOf?.(row) ?? null);
  }

  async recommend(
    request: RecommendRequest, deadlineMs?: number, priority?: number, stages?: Stages,
  ): Promise<RecommendReply> {
    const degraded: string[] = [];
    const plan = this.plan(request, degraded);
    const before = situationOf(this.parts, request, degraded);
    const asker = {
      session: request.session, customer: before.name,
      visit: {
        items: before.query.length, bought: before.customer?.bought.size ?? 0,
        start: before.start === undefined ? undefined : this.parts.store.itemAt(before.start),
      },
    };
    const trial = request.rerank || before.session?.robot
      ? null
      : this.parts.trials?.begin(request, asker) ?? null;
    const tasting = this.#tastes.each(trial, (tastes) => tastes.of(before, deadlineMs, priority, degraded));
    const tastes = await (stages?.of('embed', tasting) ?? tasting);
    const taste = tastes[0] ?? null;
    const explain: Explained | undefined = request.explain ? {} : undefined;
    const making = request.rerank
      ? this.#rerank(request, request.rerank, plan, taste, degraded)
      : this.#lists(trial, plan, request, (one, at) =>
        this.#make(request, one, tastes[at] ?? null, at === 0 ? explain : undefined, at === 0 ? degraded : []));
    const made = await (stages?.of('retrieve', making) ?? making);
    this.#noteShown(request, made);
    const reply = this.#reply(made.items, degraded, plan.language, taste, trial?.tag);
    // Who looks into an answer is no visitor.
    if (!request.debug) trial?.given(reply.attribution, made.items as readonly RetrievedItem[]);
    const items = request.rerank ? [...reply.items, ...this.#strangers(request.rerank, plan.language)] : reply.items;
    return {
      ...reply, items, ...(trial && { experiments: trial.arms }),
      ...(explain && { explain: { matches: made.steps[0]?.found.matches ?? null, searches: explain } }),
      ...(request.debug && { debug: debugOf(this.parts, request, made, taste) }),
    };
  }

  /** The usual request's answer as it is sent, or the general one; null where that was not tried. */
  encoded(
    request: RecommendRequest, deadlineMs?: number, priority?: number,
  ): Promise<EncodedBody | RecommendReply> | null {
    const quick = this.#quick.take(request, deadlineMs, priority);
    return quick && quick.then<EncodedBody | RecommendReply>((body) =>
      body ?? this.recommend(request, deadlineMs, priority));
  }

  placements(): PlacementsReply {
    const { placements, catalogue, placementsProblem } = this.parts;
    const problem = placementsProblem?.() ?? null;
    return {
      ...(problem !== null && { problem }),
      placements: [...placements.values()].map(({ rules, ...placement }) => ({ ...placement, ...rules })),
      attributes: Object.fromEntries(catalogue.expressions.types),
    };
  }

  /** They are searched for in batches, as requests that wait together are. */
  async batch(request: BatchRequest, deadlineMs?: number, priority?: number): Promise<BatchReply> {
    const { customers, ...asked } = request;
    const answers = await Promise.all(customers.map(async (customer) => {
      const { attribution, items, degraded } = await this.recommend({ ...asked, customer }, deadlineMs, priority);
      return { customer, attribution, items, degraded };
    }));
    return { answers };
  }

  async similar(request: SimilarRequest, stages?: Stages): Promise<RecommendReply> {
    const { store, finder } = this.parts;
    const item = store.item(request.item);
    if (!item) throw new ServeError('unknown_item', `'${request.item}'`);
    const { filter, k } = request;
    const { row } = item;
    const { where } = filter;
    const { expressions } = this.parts.catalogue;
    const all = where === undefined ? [] : [expressions.filter(where, 'filter.where')];
    const explain: Explained | undefined = request.explain ? {} : undefined;
    const look = (allowed: Filter): Looked => ({
      hidden: hiddenRows(store, allowed).add(row), conditions: conditionsOf(all, this.#setting(row)),
      near: { row, k, explain },
    });
    const finding = finder.find({ filter, look });
    const found = await (stages?.of('retrieve', finding) ?? finding);
    const degraded = found.without.length > 0 ? [relaxed(found.without)] : [];
    const reply = this.#reply(found.items, degraded, request.language, null);
    return { ...reply, ...(explain && { explain: { matches: found.matches, searches: explain } }) };
  }

  /** Fails with `bad_argument` where what a request asks for cannot be had. */
  plan(request: RecommendRequest, degraded: string[] = []): Plan {
    const { placements, catalogue } = this.parts;
    return planOf(request, placements, catalogue.expressions, degraded);
  }

  /** What a trial makes of one answer for each of its arms; without a trial, the answer. */
  async #lists(
    trial: Trial | null, plan: Plan, request: RecommendRequest,
    make: (plan: Plan, at: number) => Promise<Made>,
  ): Promise<Made> {
    if (!trial) return make(plan, 0);
    const k = Math.min(LIMITS.kMax, trial.wanted(plan.k));
    const lists = await Promise.all(trial.overrides.map((arm, at) => {
      const { placement, weights, encoder } = arm ?? {};
      const own = placement === undefined ? plan : this.plan({ ...request, placement, k: plan.k });
      return make({ ...own, k, pool: Math.max(k, own.pool), weights, encoder }, at);
    }));
    const [first] = lists as [Made];
    const items = trial.compose(lists.map((made) => made.items as readonly RetrievedItem[]), plan.k);
    return { ...first, items };
  }

  /** Searches, with less of the filter or others' sources while there is too little, and arranges. */
  async #make(
    request: RecommendRequest, plan: Plan, taste: Tasted | null, explain: Explained | undefined,
    degraded: string[],
  ): Promise<Made> {
    let now = situationOf(this.parts, request, []);
    const steps: { step: string; found: Found; more: number }[] = [];
    const pool: Shown[] = [];
    const taken = new Set<number>();
    for (const [at, step] of fallbackSteps(plan).entries()) {
      if (at > 0 && pool.length >= plan.itemsMin) break;
      const found = await this.#search(request, plan, step, taste, {
        explain: at === 0 ? explain : undefined,
        hide: (looked, filter) => {
          now = looked;
          return hiddenRows(this.parts.store, filter, now, this.parts.clock.wallMs());
        },
      });
      const more = found.items.filter(({ row }) => !taken.has(row)).slice(0, plan.pool - pool.length);
      for (const item of more) taken.add(item.row);
      pool.push(...(at === 0 ? more : more.map((item) => ({ ...item, step: at }))));
      steps.push({ step: step.name, found, more: more.length });
      if (found.without.length > 0) degraded.push(relaxed(found.without));
      else if (at > 0 && more.length > 0) degraded.push(`fallback: ${step.name}`);
    }
    const made = this.#arranged(request, plan, now, pool, steps);
    const { k } = plan;
    if (pool.length === 0 && plan.conditions.length > 0) degraded.push(NOTHING_PASSES);
    if (made.items.length < k && made.arranged?.some(({ left }) => left.startsWith('cap'))) {
      degraded.push(`caps: ${made.items.length} of ${k} places are filled`);
    }
    return made;
  }

  #search(
    request: RecommendRequest, plan: Plan, step: FallbackStep, taste: Tasted | null,
    { explain, hide }: Looking,
  ): Promise<Found> {
    return this.parts.finder.find({
      filter: step.filter,
      ...(plan.fallback && { steps: [{ filter: step.filter, without: [] }] }),
      // The session may have moved on while the encoder ran: looked at again, so as not to answer
      // with what has just been bought.
      look: (filter) => {
        const now = situationOf(this.parts, request, []);
        const { session, customer, query } = now;
        return {
          hidden: hide(now, filter),
          conditions: conditionsOf(step.conditions, this.#setting(now.start)),
          query: {
            items: query, k: plan.pool, explain, placement: step.blend, weights: plan.weights,
            encoder: plan.encoder,
            ...(session && { session: session.key }),
            customer: now.name, recent: customer?.rows,
            ...(taste && { taste: taste.vector }),
          },
        };
      },
    });
  }

  /** The engine's own results, scored by the sources; those that the shop does not have come last. */
  async #rerank(
    request: RecommendRequest, ids: readonly string[], plan: Plan, taste: Tasted | null,
    degraded: string[],
  ): Promise<Made> {
    const { store, clock } = this.parts;
    assertEachOnce(ids);
    const known = ids.filter((id) => store.item(id));
    if (known.length < ids.length) {
      degraded.push(`rerank: ${ids.length - known.length} of ${ids.length} are not in the catalogue, and come last`);
    }
    const all: Filter = { inStock: false, excludeBought: false };
    const step = { name: 'results', filter: all, conditions: [oneOf(known)], blend: plan.blend };
    const wide = { ...plan, pool: Math.max(1, known.length), fallback: [] };
    let now = situationOf(this.parts, request, []);
    const hide = (looked: Situation): Set<number> => {
      now = looked;
      return new Set();
    };
    const found = await this.#search(request, wide, step, taste, { explain: undefined, hide });
    const hidden = hiddenRows(store, plan.filter, now, clock.wallMs());
    const setting = this.#setting(now.start);
    const sold = (row: number): boolean => {
      const item = store.itemAt(row);
      if (!item || item.removed || hidden.has(row)) return false;
      if ((plan.filter.inStock ?? true) && !item.inStock) return false;
      return plan.conditions.every((condition) => meets(condition, item, setting));
    };
    const rows = known.map((id) => store.item(id)?.row as number);
    const results = rerank(rows, found.items, plan.rules.personal ?? 0.5, sold);
    const steps = [{ step: step.name, found, more: found.items.length }];
    const whole = { ...plan, k: known.length, arranging: plan.arranging && { ...plan.arranging, minRelevance: 0 } };
    const made = this.#arranged(request, whole, now, results, steps);
    // A cap puts off what it does not let in: nothing of the engine's is lost.
    const put = new Set(made.items.map(({ row }) => row));
    const late = (made.arranged ?? []).map(({ candidate }) => candidate).filter(({ row }) => !put.has(row));
    return { ...made, items: [...made.items, ...late] };
  }

  /** Results that the shop does not have: the engine may know better, so they are kept, behind. */
  #strangers(ids: readonly string[], language: Language | undefined): RecommendedItem[] {
    const reason = { code: 'search', text: reasonText('search', undefined, language) } as const;
    return ids.filter((id) => !this.parts.store.item(id)).map((item) => ({ item, score: 0, reason }));
  }

  #arranged(
    request: RecommendRequest, plan: Plan, now: Situation, pool: readonly Shown[], steps: Made['steps'],
  ): Made {
    const { store, showings, clock } = this.parts;
    const { arranging, k } = plan;
    this.#units.freshen();
    const setting = this.#setting(now.start);
    const visitor = visitorKey(now.name, request.session);
    const seed = plan.rules.seed ?? seedOf(visitor ?? '', setting.nowMs);
    const base = { plan, now, setting, seed, pool, steps };
    if (!arranging) return { ...base, arranged: null, items: pool.slice(0, k) };
    const arranged = arrange(pool, k, arranging, {
      setting, seed,
      itemAt: (row) => store.itemAt(row),
      categoriesOf: (row) => store.itemAt(row)?.categories ?? [],
      unitOf: (row) => this.#units.of(row),
      shown: (row) => (visitor === null ? 0 : showings.of(visitor, row, clock.wallMs(), arranging.halfLifeMs)),
    });
    const items = arranged
      .filter(({ to }) => to > 0)
      .sort((a, b) => a.to - b.to)
      .map(({ candidate, score }) => ({ ...candidate, score }));
    return { ...base, arranged, items };
  }

  /** For the next answer of a place that rotates. */
  #noteShown(request: RecommendRequest, { plan, now, items }: Made): void {
    const { arranging } = plan;
    if (!arranging || arranging.rotation === 0 || request.debug) return;
    const visitor = visitorKey(now.name, request.session);
    if (visitor === null) return;
    const rows = items.map(({ row }) => row);
    this.parts.showings.show(visitor, rows, this.parts.clock.wallMs(), arranging.halfLifeMs);
  }

  #setting(start: number | undefined): Setting {
    const { store, clock } = this.parts;
    return { nowMs: clock.wallMs(), this: start === undefined ? undefined : store.itemAt(start) };
  }

  #reply(
    shown: readonly Shown[], degraded: string[], language: Language | undefined, taste: Tasted | null,
    tag?: string,
  ): RecommendReply {
    const { attributions, counts } = this.parts;
    if (degraded.length > 0) counts.degraded += 1;
    const attribution = attributions.issue(Uint32Array.from(shown, ({ row }) => row), tag);
    const items = shown.map((item) => this.#recommended(item, language));
    return { attribution, items, degraded, ...(taste && { model: taste.model }) };
  }

  #recommended(shown: Shown, language: Language | undefined): RecommendedItem {
    const { store } = this.parts;
    const because = shown.because === undefined ? undefined : store.itemAt(shown.because);
    return {
      item: store.itemAt(shown.row)?.id ?? '',
      score: shown.score,
      reason: {
        code: shown.source,
        ...(because && { because: because.id }),
        ...(shown.cold && { cold: shown.cold }),
        text: reasonText(shown.source, because?.title, language),
      },
    };
  }
}

function conditionsOf(all: readonly Node[], setting: Setting): Conditions | undefined {
  return all.length === 0 ? undefined : { all, setting };
}

const NOTHING_PASSES = 'filter: no item passes it, and no more of it may be left out';

function relaxed(without: readonly string[]): string {
  return `filter: no item passes, so it was used without ${without.join(', ')}`;
}

/** The same for one visitor all day, so that a list does not change under their eyes. FNV-1a. */
function seedOf(visitor: string, nowMs: number): number {
  let hash = 0x811c_9dc5;
  for (const char of `${Math.floor(nowMs / 86_400_000)}${visitor}`) {
    hash = Math.imul(hash ^ (char.codePointAt(0) as number), 0x0100_0193);
  }
  return hash >>> 0;
}
