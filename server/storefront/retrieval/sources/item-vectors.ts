import { createHash } from 'node:crypto';
import { NO_ID } from '../../../ann/binding.ts';
import type {
  Addon, Allow, NativeVectorIndex, SearchExplanation,
} from '../../../ann/binding.ts';
import { NO_ROW } from '../candidates.ts';
import type { Candidates } from '../candidates.ts';
import type { ItemVectors } from '../../item-vocabulary.ts';
import { builtIndex } from './built-index.ts';
import type { IndexCache } from './built-index.ts';

// Up to here comparing with every vector takes under a millisecond and nothing need be built.
const EXACT_MAX = 50_000;
const K_STEP = 32;

/** How many results a search that wants `k` asks for, so that most searches of a batch are alike. */
export function searchSize(k: number): number {
  return Math.ceil(k / K_STEP) * K_STEP;
}

export type Metric = 'ip' | 'cosine';

/** One search of a batch: its query vector is row `at` of the batch's. */
export interface VectorQuery {
  readonly allow: Allow | undefined;
  /** Filled with how this search was made. Then it is made alone. */
  readonly explain?: Partial<SearchExplanation> | undefined;
}

/**
 * Vectors of the items the store knows, by row, in the native index: at first those that were
 * learned, then as the catalogue goes (`live-vectors.ts`).
 */
export class ItemVectorIndex {
  readonly #index: NativeVectorIndex;
  /** What was learned of items that the store does not have yet, by id. */
  readonly unplaced = new Map<string, Float32Array>();
  /** Rows that were learned, in order of the vocabulary. */
  readonly learnedRows: readonly number[];
  /** A digest of the ids that were learned. */
  readonly vocabulary: string;
  #queries = new Float32Array(0);
  #ids = new Uint32Array(0);
  #scores = new Float32Array(0);
  readonly #listeners: ((row: number) => void)[] = [];
  #k = 0;

  /**
   * `rowOf` is undefined for an item that the store does not have: what was learned of it waits in
   * `unplaced`. `itemCount`, where it is known, is how many there will be at least. `cache` keeps a
   * graph for the next start.
   */
  constructor(
    addon: Pick<Addon, 'VectorIndex'>,
    learned: ItemVectors,
    readonly metric: Metric,
    rowOf: (id: string) => number | undefined,
    itemCount = 0,
    cache?: IndexCache,
  ) {
    const { vocabulary, dim, vectors } = learned;
    const rows: number[] = [];
    const kept: number[] = [];
    const ids = createHash('sha256');
    for (let number = 1; number <= vocabulary.size; number++) {
      const id = vocabulary.idOf(number) as string;
      const row = rowOf(id);
      const vector = vectors.subarray((number - 1) * dim, number * dim);
      // The cosine with nothing is nothing: such an item is near to none.
      if (metric === 'cosine' && vector.every((value) => value === 0)) continue;
      ids.update(`${id}\n`);
      if (row === undefined) {
        this.unplaced.set(id, vector);
        continue;
      }
      rows.push(row);
      kept.push(number - 1);
    }
    this.vocabulary = ids.digest('hex');
    const packed = new Float32Array(kept.length * dim);
    kept.forEach((from, to) => {
      packed.set(vectors.subarray(from * dim, (from + 1) * dim), to * dim);
    });
    const kind = Math.max(rows.length, itemCount) <= EXACT_MAX ? 'exact' : 'graph';
    this.#index = builtIndex(addon, { kind, dim, metric }, Uint32Array.from(rows), packed, cache);
    this.learnedRows = rows;
  }

  get dim(): number {
    return this.#index.dim;
  }

  get size(): number {
    return this.#index.size;
  }

  /** By which other parts of the addon find the index. */
  get token(): bigint {
    return this.#index.token;
  }

  /** The vector of a row, or null when it has none. */
  vectorOf(row: number): Float32Array | null {
    const vector = new Float32Array(this.#index.dim);
    return this.#index.get(row, vector) ? vector : null;
  }

  /** Copies the vector of a row into query `at` of the next batch; false when it has none. */
  queryByRow(at: number, row: number): boolean {
    return this.#index.get(row, this.query(at));
  }

  /** Query `at` of the next batch, to be filled. */
  query(at: number): Float32Array {
    const { dim } = this;
    if (this.#queries.length < (at + 1) * dim) {
      const larger = new Float32Array(2 * (at + 1) * dim);
      larger.set(this.#queries);
      this.#queries = larger;
    }
    return this.#queries.subarray(at * dim, (at + 1) * dim);
  }

  /**
   * Finds at least `k` rows for each query of the batch, in one call of the index (those that are to be
   * explained in calls of their own). `copy` gives the results until the next search.
   */
  search(queries: readonly VectorQuery[], k: number): void {
    this.#k = searchSize(k);
    const places = queries.length * this.#k;
    if (this.#ids.length < places) {
      this.#ids = new Uint32Array(places);
      this.#scores = new Float32Array(places);
    }
    const explained = queries.some(({ explain }) => explain);
    if (!explained) return this.#search(0, queries.length, queries);
    queries.forEach((_, at) => this.#search(at, at + 1, queries));
  }

  #search(from: number, to: number, queries: readonly VectorQuery[]): void {
    if (to === from) return;
    const k = this.#k;
    const one = queries[from] as VectorQuery;
    const alike = queries.every(({ allow }) => allow === one.allow);
    this.#index.search(
      this.#queries.subarray(from * this.dim, to * this.dim), k,
      this.#ids.subarray(from * k, to * k), this.#scores.subarray(from * k, to * k),
      {
        ...(to - from === 1 || alike
          ? one.allow && { allow: one.allow }
          : { allowEach: queries.map(({ allow }) => allow) }),
        ...(one.explain && { explain: one.explain }),
      },
    );
  }

  /** Overwrites `into` with what query `at` found, best first, as many as there is room for. */
  copy(at: number, into: Candidates): void {
    const from = at * this.#k;
    const { rows, scores, because } = into;
    const room = Math.min(rows.length, this.#k);
    let count = 0;
    for (; count < room; count++) {
      const id = this.#ids[from + count] as number;
      if (id === NO_ID) break;
      rows[count] = id;
      scores[count] = this.#scores[from + count] as number;
    }
    because.fill(NO_ROW, 0, count);
    into.count = count;
  }

  /** Calls `listener` with each row whose vector has come, gone or changed. */
  onChange(listener: (row: number) => void): void {
    this.#listeners.push(listener);
  }

  /** Adds the row's vector, or replaces it: the next search has it. */
  place(row: number, vector: Float32Array): void {
    this.#index.add(Uint32Array.of(row), vector);
    this.#changed(row);
  }

  /** The next search does not have the row. */
  remove(row: number): void {
    this.#index.remove(Uint32Array.of(row));
    this.#changed(row);
  }

  /** Looks for better edges of `count` vectors; returns of how many. An exact index has none. */
  refine(count: number): number {
    return this.#index.kind === 'graph' ? this.#index.refine(count) : 0;
  }

  close(): void {
    this.#index.close();
  }

  #changed(row: number): void {
    for (const listener of this.#listeners) listener(row);
  }
}
