import type { Addon, NativeBitmap } from '../ann/binding.ts';
import type { Pace } from '../core/pace.ts';
import type { Filter } from '../wire/schema.ts';
import type { CatalogueFilter, Conditions } from './filter.ts';
import { relaxations } from './relax.ts';
import type { Relaxed } from './relax.ts';
import type {
  RetrievalQuery, RetrievedItem, Retriever, SimilarQuery,
} from './retrieval/retriever.ts';

/** Searches of one call: as many as pass over the vectors together. */
export const BATCH_MAX = 16;
/** Batches that are searched for at once: one runs, the other is ready when that is done. */
export const FLIGHTS_MAX = 2;
/** Rows hidden from one visitor that go along as a list; more are taken out of a bitmap of their own. */
export const HIDDEN_MAX = 64;

/** What one request looks for. */
export interface Search {
  readonly filter: Filter;
  /** What is searched with in turn while nothing is found; ever less of the filter when absent. */
  readonly steps?: readonly Relaxed[];
  /** Asked when its turn has come, so that the answer knows of all that happened until then. */
  look(filter: Filter): Looked;
}

/** Rows that may not be shown whatever the filter says, what must hold beside it, and what to look for. */
export type Looked = {
  readonly hidden: ReadonlySet<number>;
  readonly conditions?: Conditions | undefined;
} & (
  | { readonly query: Omit<RetrievalQuery, 'allow'> }
  | { readonly near: Omit<SimilarQuery, 'allow'> }
);

export interface Found {
  readonly items: readonly RetrievedItem[];
  /** What was left out of the filter, because no item passed it. */
  readonly without: readonly string[];
  readonly matches: number | null; // items that passed; null: all of them
}

interface Waiting {
  readonly search: Search;
  readonly steps: readonly Relaxed[]; // its filter, with ever less of it
  step: number;
  readonly resolve: (found: Found) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Answers requests that wait together in one go: each filter becomes a bitmap of its own, and each
 * vector index is searched in one call for all of them. Gives way to the sockets between two batches.
 */
export class Finder {
  readonly counts = { searches: 0, batches: 0 };
  readonly #bitmaps: readonly NativeBitmap[];
  readonly #inFlight = new Set<Promise<void>>();
  #waiting: Waiting[] = [];
  #running = false;

  constructor(
    private readonly filter: CatalogueFilter,
    private readonly retriever: Retriever,
    private readonly addon: Pick<Addon, 'Bitmap'>,
    private readonly pace?: Pace,
  ) {
    this.#bitmaps = Array.from({ length: BATCH_MAX }, () => new addon.Bitmap());
  }

  /** What passes the filter; where nothing does, what passes as much of it as leaves some. */
  find(search: Search): Promise<Found> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ search, steps: search.steps ?? relaxations(search.filter), step: 0, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      // What else is ready comes before: answers of a batch of encoder runs, requests of one turn.
      process.nextTick(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      while (this.#inFlight.size >= FLIGHTS_MAX) await Promise.race(this.#inFlight);
      const turn = this.pace?.turn();
      if (turn) await turn;
      const flight: Promise<void> = this.#answer(this.#waiting.splice(0, BATCH_MAX))
        .finally(() => this.#inFlight.delete(flight));
      this.#inFlight.add(flight);
    }
    this.#running = false;
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    this.counts.searches += batch.length;
    this.counts.batches += 1;
    try {
      for (let open = batch; open.length > 0; ) open = await this.#step(open);
    } catch (error) {
      for (const { reject } of batch) reject(error); // whoever has an answer keeps it
    }
  }

  /** Searches once for each; returns those that found nothing and can do with less of their filter. */
  async #step(open: readonly Waiting[]): Promise<Waiting[]> {
    const asks = open.map(({ search, steps, step }, i) => {
      const { filter } = steps[step] as Relaxed;
      return this.#ask(search.look(filter), filter, i);
    });
    const matches = asks.map(({ allow }) => allow?.count ?? null);
    const apart = this.#searchApart(asks);
    const here = this.#search(asks);
    const results = (await apart).map((found, i) => found ?? (here[i] as RetrievedItem[]));
    const again: Waiting[] = [];
    open.forEach((one, i) => {
      const items = results[i] as RetrievedItem[];
      const { without } = one.steps[one.step] as Relaxed;
      const last = one.step + 1 === one.steps.length;
      if (items.length === 0 && !last) {
        one.step += 1;
        again.push(one);
        return;
      }
      one.resolve({ items, without: items.length === 0 ? [] : without, matches: matches[i] ?? null });
    });
    return again;
  }

  /** Most filters are many visitors', so their bitmap is kept, and what each may not see goes along. */
  #ask({ hidden, conditions, ...looked }: Looked, filter: Filter, at: number): Ask {
    if (!this.retriever.retrieveApart || 'near' in looked || looked.query.explain) {
      const allow = this.filter.allow(filter, hidden, this.#bitmaps[at], conditions);
      return { ...looked, apart: false, ...(allow && { allow }) };
    }
    const { query } = looked;
    if (hidden.size > HIDDEN_MAX || (conditions && conditions.all.length > 0)) {
      // Its own: it is still read when the batch is back, and others have used those for here.
      const allow = this.filter.allow(filter, hidden, new this.addon.Bitmap(), conditions);
      return { query, apart: true, ...(allow && { allow }) };
    }
    const allow = this.filter.shared(filter);
    const own = hidden.size === 0 ? query : { ...query, hidden: Uint32Array.from(hidden) };
    return { query: own, apart: true, ...(allow && { allow }) };
  }

  /** By place: what was searched for apart, null for the others. */
  async #searchApart(asks: readonly Ask[]): Promise<(RetrievedItem[] | null)[]> {
    const results: (RetrievedItem[] | null)[] = asks.map(({ apart, allow }) =>
      apart && allow?.count === 0 ? [] : null);
    const places = [...asks.keys()].filter((at) => asks[at]?.apart && results[at] === null);
    if (places.length === 0 || !this.retriever.retrieveApart) return results;
    const queries = places.map((at) => {
      const { query, allow } = asks[at] as Extract<Ask, { query: unknown }>;
      return { ...query, ...(allow && { allow }) };
    });
    const found = await this.retriever.retrieveApart(queries);
    places.forEach((at, i) => (results[at] = found[i] as RetrievedItem[]));
    return results;
  }

  /** By place: what is searched for here and now. */
  #search(asks: readonly Ask[]): RetrievedItem[][] {
    const results: RetrievedItem[][] = asks.map(() => []);
    const queries: Numbered<RetrievalQuery>[] = [];
    const nears: Numbered<SimilarQuery>[] = [];
    asks.forEach((ask, at) => {
      const { allow, apart } = ask;
      if (apart || allow?.count === 0) return;
      if ('near' in ask) nears.push({ at, of: { ...ask.near, ...(allow && { allow }) } });
      else queries.push({ at, of: { ...ask.query, ...(allow && { allow }) } });
    });
    if (nears.length > 0) {
      this.retriever.similarAll(nears.map(({ of }) => of)).forEach((found, i) => {
        const { at, of } = nears[i] as Numbered<SimilarQuery>;
        results[at] = found;
        if (found.length < of.k) queries.push({ at, of: afterIt(of, found.length) });
      });
    }
    if (queries.length === 0) return results;
    this.retriever.retrieveAll(queries.map(({ of }) => of)).forEach((found, i) => {
      const { at } = queries[i] as Numbered<RetrievalQuery>;
      const ask = asks[at] as Ask;
      results[at] = 'near' in ask ? joined(results[at] ?? [], found, ask.near.k) : found;
    });
    return results;
  }
}

type Ask = { readonly allow?: NativeBitmap; readonly apart: boolean } & (
  | { readonly query: Omit<RetrievalQuery, 'allow'> }
  | { readonly near: Omit<SimilarQuery, 'allow'> }
);

interface Numbered<Query> {
  readonly at: number;
  readonly of: Query;
}

/** For an item without a vector, or with few neighbours that pass: what visitors went on to. */
function afterIt({ row, k, allow }: SimilarQuery, found: number): RetrievalQuery {
  return { items: Uint32Array.of(row), k: k + found, ...(allow && { allow }) };
}

function joined(first: RetrievedItem[], more: RetrievedItem[], k: number): RetrievedItem[] {
  const taken = new Set(first.map(({ row }) => row));
  return [...first, ...more.filter(({ row }) => !taken.has(row))].slice(0, k);
}
