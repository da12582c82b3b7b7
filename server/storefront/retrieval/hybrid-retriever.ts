import { type Addon, type Allow, type NativeSessionIndex, OWN_SOURCES } from '../../ann/binding.ts';
import { LIMITS, PLACEMENTS } from '../../wire/schema.ts';
import type { Placement, ReasonCode } from '../../wire/schema.ts';
import type { ItemVectors } from '../item-vocabulary.ts';
import type { Columns } from '../snapshot-file.ts';
import { Blend } from './blend.ts';
import { Candidates, firstAllowed, hide, keepAllowed, NO_ROW, ROOM } from './candidates.ts';
import type { Batched, Source } from './candidates.ts';
import type { EventSources } from './event-sources.ts';
import type { LiveItems } from './live/live-items.ts';
import { foundItems, NativeBlend, type NativeFound, type Weighed } from './native-blend.ts';
import { QuickBatch } from './quick-batch.ts';
import { weightsAt } from './settings.ts';
import type {
  ColdStart, InterestEvent, QuickRetrieval, RetrievalQuery, RetrievedItem, Retriever, SeeVisit, SimilarQuery,
  TracedSource,
} from './retriever.ts';
import type { BlendSettings } from './settings.ts';
import type { ItemTexts } from './live/item-texts.ts';
import { Again } from './sources/again.ts';
import { Content } from './sources/content.ts';
import { Popular } from './sources/popular.ts';
import { SequentialRules } from './sources/sequential-rules.ts';
import { SessionNeighbours } from './sources/session-neighbours.ts';
import { SimilarItems } from './sources/similar-items.ts';
import { TasteSource } from './sources/taste.ts';
import { searchSize } from './sources/item-vectors.ts';
import type { ItemVectorIndex } from './sources/item-vectors.ts';
import { Visits } from './visits.ts';

const LOG_VISITS = 8192; // of a log, that cross into the addon together
const LARGE_ROOM = LIMITS.kMax + 1; // one more: `similar` leaves out the item itself

export interface RetrieverParts {
  readonly index: NativeSessionIndex;
  readonly settings: BlendSettings;
  readonly itemCount: () => number; // rows there are now
  readonly taste: ItemVectorIndex | null; // the session encoder's, by inner product
  readonly similar: ItemVectorIndex | null; // by cosine
  readonly events?: EventSources; // that learn from orders and customers; absent: there are none
  readonly texts?: ItemTexts; // of the catalogue; kept by `live`
  readonly addon?: Pick<Addon, 'Recommender'>; // for `retrieveApart`
  readonly live?: LiveItems; // keeps both as the catalogue goes; absent: they stay as they are
  /** Of another session encoder, kept as the catalogue goes too. Absent: there can be none. */
  readonly openTaste?: (name: string, learned: ItemVectors) => ItemVectorIndex;
}

/**
 * The blend: every source's shares times its weight, added up. Then what is popular, then any
 * allowed item, until there are k. What is fixed at start is in `settings`; what moves is the
 * session index and popularity, both fed by `observe`.
 */
export class HybridRetriever implements Retriever {
  readonly #sources: readonly (Source | Batched)[];
  /** By placement: what each of `#sources` weighs. */
  readonly #weights: ReadonlyMap<Placement | undefined, readonly number[]>;
  readonly #popular: Popular;
  readonly #similar: SimilarItems | null;
  readonly #rules: SequentialRules;
  readonly #visits = new Visits();
  readonly #blend = new Blend();
  readonly #native: NativeBlend | null;
  readonly #candidates = new Candidates(ROOM);
  readonly #encoders = new Map<string, TasteSource>(); // of arms of experiments, by name
  #large: Candidates | null = null; // made when someone first asks for so many

  constructor(private readonly parts: RetrieverParts) {
    const { index, settings, taste, similar } = parts;
    this.#popular = new Popular(settings.popular);
    this.#similar = similar && new SimilarItems(similar, settings.similar);
    this.#rules = new SequentialRules(index, settings.rules);
    const sources: (Source | Batched | null)[] = [
      new SessionNeighbours(index, settings.neighbours),
      this.#rules,
      new Again(settings.again),
      taste && new TasteSource(taste, settings.taste),
      this.#similar,
      this.#popular,
      parts.texts ? new Content(parts.texts, settings.content) : null,
      ...(parts.events?.list ?? []),
    ];
    const blends = [undefined, ...PLACEMENTS].map((placement) => weightsAt(settings, placement));
    this.#sources = sources
      .filter((source) => source !== null)
      .filter(({ reason }) => blends.some((weights) => weights[reason] > 0));
    this.#weights = new Map([undefined, ...PLACEMENTS].map((placement, at) =>
      [placement, this.#sources.map(({ reason }) => blends[at]![reason])]));
    const { addon } = parts;
    this.#native = addon ? new NativeBlend({ ...parts, addon, popular: this.#popular }) : null;
  }

  /** The sources that take part somewhere, in order of their weight in the one blend. */
  get sources(): readonly string[] {
    const { weights } = this.parts.settings;
    const names = this.#sources.map(({ reason }) => reason);
    return names.sort((a, b) => weights[b] - weights[a]);
  }

  retrieve(query: RetrievalQuery): RetrievedItem[] {
    return this.retrieveAll([query])[0] as RetrievedItem[];
  }

  similar(row: number, k: number, allow?: Allow): RetrievedItem[] {
    return this.similarAll([{ row, k, ...(allow && { allow }) }])[0] as RetrievedItem[];
  }

  retrieveAll(asked: readonly RetrievalQuery[]): RetrievedItem[][] {
    const queries = asked.map((query) => this.#withoutHidden(query));
    return inGroups(queries, ({ k }) => this.#roomFor(k).room, (room, alike) => {
      const found = this.#roomFor(room);
      for (const source of this.#sources) if ('search' in source) source.search(alike, room);
      return alike.map((query, at) => this.#retrieve(query, at, found));
    });
  }

  /** The same by the addon, on another thread; what is to be explained is answered here. */
  async retrieveApart(queries: readonly RetrievalQuery[]): Promise<RetrievedItem[][]> {
    const native = this.#native;
    if (!native || queries.some(({ explain }) => explain)) return this.retrieveAll(queries);
    const kinds = new Set(queries.map(({ k }) => roomOf(k)));
    const founds: NativeFound[] = [];
    await Promise.all([...kinds].map(async (room) => {
      const places = [...queries.keys()].filter((q) => roomOf((queries[q] as RetrievalQuery).k) === room);
      const alike = places.map((q) => queries[q] as RetrievalQuery);
      const found = await native.searchApart(alike, room, (query) => this.#weighed(query));
      places.forEach((q, i) => (founds[q] = found[i] as NativeFound));
    }));
    return queries.map((query, q) => {
      const best = foundItems(founds[q] as NativeFound, (source, row) => this.#cold(source, row));
      this.#fill(best, query);
      return best;
    });
  }

  get quick(): QuickRetrieval | null {
    const native = this.#native;
    const weights = this.#weights.get(undefined) as readonly number[];
    const own = OWN_SOURCES.map((reason) => this.#sources.findIndex((source) => source.reason === reason));
    const others = this.#sources.some((_, i) => (weights[i] as number) > 0 && !own.includes(i));
    if (!native || others) return null;
    const ofOwn = own.map((i) => weights[i] ?? 0);
    return {
      batch: (size) => new QuickBatch(size, this.parts.taste?.dim ?? 0, ofOwn),
      search: (batch) => native.searchQuick(batch),
      coldOf: (row) => this.#cold('similar', row),
    };
  }

  trace(query: RetrievalQuery): TracedSource[] {
    const found = this.#roomFor(query.k);
    return this.#weighed(query).map(({ source, weight }) => {
      found.count = 0;
      source.find(query, found);
      const { rows, scores, count } = found;
      return {
        source: source.reason, weight,
        rows: rows.slice(0, count), shares: scores.slice(0, count),
      };
    });
  }

  addEncoder(name: string, learned: ItemVectors): void {
    const vectors = this.parts.openTaste?.(name, learned);
    if (vectors) this.#encoders.set(name, new TasteSource(vectors, this.parts.settings.taste));
  }

  vectorOf(row: number): Float32Array | null {
    return this.parts.similar?.vectorOf(row) ?? null;
  }

  similarAll(queries: readonly SimilarQuery[]): RetrievedItem[][] {
    return inGroups(queries, ({ k }) => searchSize(k + 1), (size, alike) => {
      const found = this.#roomFor(Math.min(size, LARGE_ROOM));
      this.#similar?.searchItems(alike, size);
      return alike.map((query, at) => this.#near(query, at, found));
    });
  }

  /** Of the batch that the sources have searched for. */
  #retrieve(query: RetrievalQuery, at: number, found: Candidates): RetrievedItem[] {
    const blend = this.#blend;
    const weighed = this.#weighed(query);
    weighed.forEach(({ source, weight, instead }, i) => {
      if (weight === 0) return;
      if ('search' in source && !instead) (source as Batched).take(at, found);
      else source.find(query, found);
      blend.add(i, weight, found);
    });
    const best: RetrievedItem[] = blend.top(query.k).map(({ row, score, source, because }) => {
      // A rule may lead from an item to itself.
      if (because === row) return { row, score, source: 'again' };
      const { reason } = (weighed[source] as Weighed).source;
      const cold = this.#cold(reason, row);
      return {
        row, score, source: reason, ...(because !== NO_ROW && { because }), ...(cold && { cold }),
      };
    });
    blend.clear();
    this.#fill(best, query);
    return best;
  }

  #near({ row, k, allow }: SimilarQuery, at: number, found: Candidates): RetrievedItem[] {
    found.count = 0;
    this.#similar?.near(at, found);
    if (found.count > 0) {
      return take(found, k, 'similar', row).map((item) => {
        const cold = this.#cold('similar', item.row);
        return cold ? { ...item, cold } : item;
      });
    }
    // No vector of its own: what visitors looked at soon after it, then what has a like text.
    this.#rules.find({ items: Uint32Array.of(row), k, ...(allow && { allow }) }, found);
    const items = take(found, k, 'followed_by', row);
    const taken = new Set(items.map((item) => item.row));
    for (const { row: other, likeness } of this.parts.texts?.nearTo(row, allow) ?? []) {
      if (items.length >= k || taken.has(other)) continue;
      // Shares of what came after are one measure and likeness another: the order is what counts.
      const score = Math.min(likeness, items.at(-1)?.score ?? 1);
      items.push({ row: other, score, source: 'content', because: row });
    }
    return items;
  }

  observe(session: number, row: number, weight: number): void {
    this.#popular.observe(row, weight);
    this.parts.events?.observe(row, weight);
    const before = this.#visits.last(session);
    if (!this.#visits.isNew(session, row, weight)) return;
    this.parts.index.append(session, row);
    this.parts.live?.visited(before, row);
  }

  take(_session: number, event: InterestEvent): void {
    this.parts.events?.take(event);
  }

  credit(customer: string, event: InterestEvent): void {
    this.parts.events?.credit(customer, event);
  }

  forget(customer: string): boolean {
    return this.parts.events?.forget(customer) ?? false;
  }

  /** As `observe` for each visit that `read` shows: quicker for a whole log. */
  observeAll(read: (see: SeeVisit) => void): void {
    const sessions = new Float64Array(LOG_VISITS);
    const rows = new Uint32Array(LOG_VISITS);
    let count = 0;
    const flush = (): void => {
      this.parts.index.appendAll(sessions.subarray(0, count), rows.subarray(0, count));
      count = 0;
    };
    const { live, events } = this.parts;
    const see: SeeVisit = (session, row, weight) => {
      this.#popular.observe(row, weight);
      events?.observe(row, weight);
      const before = this.#visits.last(session);
      if (!this.#visits.isNew(session, row, weight)) return;
      live?.visited(before, row);
      sessions[count] = session;
      rows[count] = row;
      count += 1;
      if (count === LOG_VISITS) flush();
    };
    if (live) live.playing(() => read(see));
    else read(see);
    flush();
  }

  /** Changes of the vector indexes for the catalogue's sake, since they were made. */
  get changes(): number {
    return this.parts.live?.changes ?? 0;
  }

  get vectorCount(): number {
    return this.parts.live?.vectorCount ?? 0;
  }

  get madeWith(): string {
    const { settings: { rules, popular, trending, purchases }, live } = this.parts;
    const sources = this.#sources.map(({ reason }) => reason);
    return JSON.stringify({
      rules, popular, trending, purchases, sources, learned: live?.vocabularies ?? [],
    });
  }

  save(): Columns {
    const { sessions, rows, weights } = this.#visits.save();
    return {
      index: this.parts.index.save(),
      popular: this.#popular.save(),
      visitSessions: sessions.slice(), visitRows: rows.slice(), visitWeights: weights.slice(),
      coVisits: this.parts.live?.coVisits.save() ?? new Uint32Array(0),
      ...this.parts.events?.save(),
    };
  }

  load(saved: Columns): void {
    this.parts.index.restore(saved['index'] as Uint8Array);
    this.#popular.load(saved['popular'] as Float64Array);
    this.#visits.load({
      sessions: saved['visitSessions'] as Float64Array,
      rows: saved['visitRows'] as Uint32Array,
      weights: saved['visitWeights'] as Float32Array,
    });
    this.parts.live?.load(saved['coVisits'] as Uint32Array);
    this.parts.events?.load(saved);
  }

  settle(): void {
    this.parts.live?.settle();
  }

  refine(count: number): number {
    return this.parts.live?.refine(count) ?? 0;
  }

  /** Whether a source found the row by a vector that nothing was learned for. */
  #cold(source: ReasonCode, row: number): ColdStart | undefined {
    const { live, similar } = this.parts;
    return source === 'similar' ? live?.origin(similar, row) : undefined;
  }

  #roomFor(k: number): Candidates {
    if (roomOf(k) === ROOM) return this.#candidates;
    this.#large ??= new Candidates(LARGE_ROOM);
    return this.#large;
  }

  /** Of each of `#sources`. */
  #weightsOf({ placement, weights }: RetrievalQuery): readonly number[] {
    const named = this.#weights.get(placement) as readonly number[];
    if (!weights) return named;
    return this.#sources.map(({ reason }, i) => weights[reason] ?? (named[i] as number));
  }

  /** The sources of a query; with an encoder of its own, that one's in place of `taste`. */
  #weighed(query: RetrievalQuery): Weighed[] {
    const weights = this.#weightsOf(query);
    const all = this.#sources.map((source, i): Weighed => ({ source, weight: weights[i] as number }));
    if (query.encoder === undefined) return all;
    const source = this.#encoders.get(query.encoder);
    const weight = query.weights?.taste ?? weightsAt(this.parts.settings, query.placement).taste;
    const others = all.filter((one) => one.source.reason !== 'taste');
    return source ? [...others, { source, weight, instead: true }] : others;
  }

  #withoutHidden(query: RetrievalQuery): RetrievalQuery {
    const { hidden, ...rest } = query;
    if (!hidden || hidden.length === 0) return query;
    return { ...rest, allow: hide(rest.allow, hidden, this.parts.itemCount()) };
  }

  /** Adds what is popular, then any allowed row in order, until there are k. */
  #fill(best: RetrievedItem[], { k, allow, hidden }: RetrievalQuery): void {
    if (best.length >= k) return;
    const taken = new Set(hidden);
    for (const { row } of best) taken.add(row);
    // Of so many rows at most as many are taken as are in `taken`: the others fill it up.
    const rows = new Uint32Array(k + (hidden?.length ?? 0));
    const add = (count: number, source: 'popular' | 'listed'): void => {
      for (let i = 0; i < count && best.length < k; i++) {
        const row = rows[i] as number;
        if (taken.has(row)) continue;
        taken.add(row);
        best.push({ row, score: 0, source });
      }
    };
    add(keepAllowed(allow, this.#popular.order, rows), 'popular');
    if (best.length < k) add(firstAllowed(allow, this.parts.itemCount(), rows), 'listed');
  }
}

/** Candidates that a source may name for an answer of k items. */
function roomOf(k: number): number {
  return k <= ROOM ? ROOM : LARGE_ROOM;
}

/** Answers queries of one kind together; the answers are in the order of the queries. */
function inGroups<Query>(
  queries: readonly Query[],
  kindOf: (query: Query) => number,
  answer: (kind: number, alike: readonly Query[]) => RetrievedItem[][],
): RetrievedItem[][] {
  const kinds = queries.map(kindOf);
  const answers: RetrievedItem[][] = [];
  for (const kind of new Set(kinds)) {
    const found = answer(kind, queries.filter((_, i) => kinds[i] === kind));
    let next = 0;
    kinds.forEach((its, i) => {
      if (its === kind) answers[i] = found[next++] as RetrievedItem[];
    });
  }
  return answers;
}

function take(
  found: Candidates,
  k: number,
  source: 'similar' | 'followed_by',
  itself: number,
): RetrievedItem[] {
  const items: RetrievedItem[] = [];
  for (let i = 0; i < found.count && items.length < k; i++) {
    const row = found.rows[i] as number;
    if (row === itself) continue;
    items.push({ row, score: found.scores[i] as number, source, because: itself });
  }
  return items;
}
