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
const BATCH_MAX = 16;

/** What one request looks for. */
export interface Search {
  readonly filter: Filter;
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
  #waiting: Waiting[] = [];
  #running = false;

  constructor(
    private readonly filter: CatalogueFilter,
    private readonly retriever: Retriever,
    addon: Pick<Addon, 'Bitmap'>,
    private readonly pace?: Pace,
  ) {
    this.#bitmaps = Array.from({ length: BATCH_MAX }, () => new addon.Bitmap());
  }

  /** What passes the filter; where nothing does, what passes as much of it as leaves some. */
  find(search: Search): Promise<Found> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ search, steps: relaxations(search.filter), step: 0, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      // What else is ready comes before: answers of a batch of encoder runs, requests of one turn.
      process.nextTick(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const turn = this.pace?.turn();
      if (turn) await turn;
      this.#answer(this.#waiting.splice(0, BATCH_MAX));
    }
    this.#running = false;
  }

  #answer(batch: readonly Waiting[]): void {
    this.counts.searches += batch.length;
    this.counts.batches += 1;
    try {
      for (let open = batch; open.length > 0; ) open = this.#step(open);
    } catch (error) {
      for (const { reject } of batch) reject(error); // whoever has an answer keeps it
    }
  }

  /** Searches once for each; returns those that found nothing and can do with less of their filter. */
  #step(open: readonly Waiting[]): Waiting[] {
    const asks = open.map(({ search, steps, step }, i) => {
      const { filter } = steps[step] as Relaxed;
      const { hidden, conditions, ...looked } = search.look(filter);
      const allow = this.filter.allow(filter, hidden, this.#bitmaps[i], conditions);
      return { ...looked, ...(allow && { allow }) };
    });
    const results = this.#search(asks);
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
      const matches = asks[i]?.allow?.count ?? null;
      one.resolve({ items, without: items.length === 0 ? [] : without, matches });
    });
    return again;
  }

  #search(asks: readonly Ask[]): RetrievedItem[][] {
    const results: RetrievedItem[][] = asks.map(() => []);
    const queries: Numbered<RetrievalQuery>[] = [];
    const nears: Numbered<SimilarQuery>[] = [];
    asks.forEach((ask, at) => {
      const { allow } = ask;
      if (allow?.count === 0) return;
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

type Ask = { readonly allow?: NativeBitmap } & (
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
