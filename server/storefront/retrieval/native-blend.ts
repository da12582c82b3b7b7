import assert from 'node:assert/strict';
import {
  type Addon, type NativeRecommender, type NativeSessionIndex, OWN_SOURCES, type RecommendAnswers,
  type RecommendBatch,
} from '../../ann/binding.ts';
import type { ReasonCode } from '../../wire/schema.ts';
import { Candidates, NO_ROW, ROOM } from './candidates.ts';
import type { Source } from './candidates.ts';
import type { QuickBatch, QuickFound } from './quick-batch.ts';
import type { ColdStart, RetrievalQuery, RetrievedItem } from './retriever.ts';
import type { BlendSettings } from './settings.ts';
import type { ItemVectorIndex } from './sources/item-vectors.ts';
import type { Popular } from './sources/popular.ts';
import { NEAREST_SIMILAR } from './sources/similar-items.ts';
import { NEAREST_TASTE, isSound } from './sources/taste.ts';

export interface NativeBlendParts {
  readonly addon: Pick<Addon, 'Recommender'>;
  readonly index: NativeSessionIndex;
  readonly settings: BlendSettings;
  readonly taste: ItemVectorIndex | null;
  readonly similar: ItemVectorIndex | null;
  readonly popular: Popular;
}

/** A source and what its shares count. */
export interface Weighed {
  readonly source: Source;
  readonly weight: number;
  /** Stands in for the addon's own source of the same reason: what it finds is brought along. */
  readonly instead?: true;
}

/** What is best of one query, before it is filled up: places `[from, to)` of the arrays. */
export interface NativeFound extends Omit<RecommendAnswers, 'ends'> {
  readonly from: number;
  readonly to: number;
  readonly reasons: readonly ReasonCode[]; // by number of the source
}

/** What the addon found, as answers have it. `coldOf`: whether nothing was learned for a vector. */
export function foundItems(
  { from, to, rows, because, scores, sources, reasons }: NativeFound,
  coldOf: (source: ReasonCode, row: number) => ColdStart | undefined,
): RetrievedItem[] {
  const items: RetrievedItem[] = [];
  for (let i = from; i < to; i += 1) {
    const row = rows[i] as number;
    const score = scores[i] as number;
    const follows = because[i] as number;
    // A rule may lead from an item to itself.
    const source = follows === row ? 'again' : reasons[sources[i] as number] as ReasonCode;
    const cold = coldOf(source, row);
    const named = follows !== row && follows !== NO_ROW;
    items.push({ row, score, source, ...(named && { because: follows }), ...(cold && { cold }) });
  }
  return items;
}

type Weigh = (query: RetrievalQuery) => readonly Weighed[];

/**
 * The blend in the addon: its own sources are searched there, in one call for a batch of queries; what
 * any other source finds is brought along, and all is added up there. `blend.ts` is its oracle.
 */
export class NativeBlend {
  readonly #native: NativeRecommender;
  #popularAt: Uint32Array | null = null; // the order that the addon knows
  readonly #reasons: ReasonCode[] = [...OWN_SOURCES]; // by number of the source

  constructor(private readonly parts: NativeBlendParts) {
    const { addon, index, settings, taste, similar } = parts;
    const { neighbours, rules: { last, decay } } = settings;
    this.#native = new addon.Recommender({
      sessions: index.token, neighbours, rules: { last, decay }, again: settings.again,
      taste: settings.taste, similar: settings.similar,
      ...(taste && { tasteIndex: taste.token }), ...(similar && { similarIndex: similar.token }),
    });
    taste?.onChange((row) => this.#native.noteChanged(OWN_SOURCES.indexOf('taste'), row));
    similar?.onChange((row) => this.#native.noteChanged(OWN_SOURCES.indexOf('similar'), row));
  }

  /** `room` candidates of each source; the queries may have weights of their own. */
  search(
    queries: readonly RetrievalQuery[], room: number, weigh: Weigh,
  ): NativeFound[] {
    const batch = this.#batch(queries, room, weigh);
    const answers = answersFor(queries);
    this.#native.search(batch, answers);
    return founds(queries, answers, this.#reasons);
  }

  /** The same off this thread. */
  async searchApart(
    queries: readonly RetrievalQuery[], room: number, weigh: Weigh,
  ): Promise<NativeFound[]> {
    const batch = this.#batch(queries, room, weigh);
    const answers = answersFor(queries);
    await this.#native.searchAsync(batch, answers);
    return founds(queries, answers, this.#reasons);
  }

  /** Of queries that have been written already: the addon's own sources alone. */
  async searchQuick(batch: QuickBatch): Promise<QuickFound> {
    this.#tellPopular();
    const answers = batch.answers();
    await this.#native.searchAsync(batch.asked(), answers);
    return { ...answers, reasons: this.#reasons };
  }

  #batch(
    queries: readonly RetrievalQuery[], room: number, weigh: Weigh,
  ): RecommendBatch {
    this.#tellPopular();
    const { parts: { taste } } = this;
    const count = queries.length;
    const width = SOURCES_MAX;
    const weights = new Float64Array(count * width);
    const sessions = new Float64Array(count);
    const ks = new Uint32Array(count);
    const tasteAt = new Uint32Array(count).fill(NO_ROW);
    const tasted: Float32Array[] = [];
    const brought = new BroughtList();
    queries.forEach((query, q) => {
      ks[q] = query.k;
      sessions[q] = query.session ?? -1;
      if (taste && query.taste && isSound(query.taste, taste.dim)) tasteAt[q] = tasted.push(query.taste) - 1;
      for (const { source, weight, instead } of weigh(query)) {
        const number = this.#numberOf(source.reason, instead ? OWN_SOURCES.length : 0);
        weights[q * width + number] = weight;
        if (number >= OWN_SOURCES.length && weight > 0) brought.add(q, number, source, query, room);
      }
    });
    const large = room > ROOM;
    const items = joined(queries, ({ items: rows }) => rows);
    const hidden = joined(queries, ({ hidden: rows }) => rows);
    return {
      ks, sessions, weights, tasteAt, room,
      items: items.rows, itemEnds: items.ends, hidden: hidden.rows, hiddenEnds: hidden.ends,
      tastes: joinedTastes(tasted, taste?.dim ?? 0),
      allow: queries.map(({ allow }) => allow),
      tasteRoom: large ? room : NEAREST_TASTE,
      similarRoom: large ? room : NEAREST_SIMILAR,
      ...(brought.any && { brought: brought.list() }),
    };
  }

  /** The addon's own sources have their numbers; others get theirs when they are first seen. */
  #numberOf(reason: ReasonCode, from: number): number {
    const known = this.#reasons.indexOf(reason, from);
    if (known >= 0) return known;
    assert.ok(this.#reasons.length < SOURCES_MAX);
    return this.#reasons.push(reason) - 1;
  }

  #tellPopular(): void {
    const { order } = this.parts.popular;
    if (order === this.#popularAt) return;
    this.#popularAt = order;
    this.#native.setPopular(order, this.parts.popular.shares(order));
  }
}

const SOURCES_MAX = 32; // the addon's own and others

/** What sources in TypeScript found, for the addon. */
class BroughtList {
  readonly #queries: number[] = [];
  readonly #sources: number[] = [];
  readonly #ends: number[] = [];
  readonly #rows: number[] = [];
  readonly #shares: number[] = [];
  readonly #because: number[] = [];

  get any(): boolean {
    return this.#queries.length > 0;
  }

  add(query: number, number: number, source: Source, asked: RetrievalQuery, room: number): void {
    const found = new Candidates(room);
    source.find(asked, found);
    for (let i = 0; i < found.count; i += 1) {
      this.#rows.push(found.rows[i] as number);
      this.#shares.push(found.scores[i] as number);
      this.#because.push(found.because[i] as number);
    }
    this.#queries.push(query);
    this.#sources.push(number);
    this.#ends.push(this.#rows.length);
  }

  list(): NonNullable<RecommendBatch['brought']> {
    return {
      queries: Uint32Array.from(this.#queries), sources: Uint32Array.from(this.#sources),
      ends: Uint32Array.from(this.#ends), rows: Uint32Array.from(this.#rows),
      shares: Float32Array.from(this.#shares), because: Uint32Array.from(this.#because),
    };
  }
}

const NOTHING = new Uint32Array(0);

function joined(
  queries: readonly RetrievalQuery[], of: (query: RetrievalQuery) => Uint32Array | undefined,
): { rows: Uint32Array; ends: Uint32Array } {
  const ends = new Uint32Array(queries.length);
  let end = 0;
  for (let q = 0; q < queries.length; q += 1) {
    end += of(queries[q] as RetrievalQuery)?.length ?? 0;
    ends[q] = end;
  }
  if (end === 0) return { rows: NOTHING, ends };
  const rows = new Uint32Array(end);
  for (let q = 0; q < queries.length; q += 1) {
    const part = of(queries[q] as RetrievalQuery);
    if (part) rows.set(part, (ends[q] as number) - part.length);
  }
  return { rows, ends };
}

function joinedTastes(tasted: readonly Float32Array[], dim: number): Float32Array {
  const all = new Float32Array(tasted.length * dim);
  tasted.forEach((vector, i) => all.set(vector, i * dim));
  return all;
}

function answersFor(queries: readonly RetrievalQuery[]): RecommendAnswers {
  const size = queries.reduce((sum, { k }) => sum + k, 0);
  return {
    rows: new Uint32Array(size), because: new Uint32Array(size), scores: new Float32Array(size),
    sources: new Uint8Array(size), ends: new Uint32Array(queries.length),
  };
}

function founds(
  queries: readonly RetrievalQuery[], answers: RecommendAnswers, reasons: readonly ReasonCode[],
): NativeFound[] {
  const { rows, because, scores, sources, ends } = answers;
  return queries.map((_, q) => ({
    rows, because, scores, sources, reasons,
    from: q === 0 ? 0 : (ends[q - 1] as number), to: ends[q] as number,
  }));
}
