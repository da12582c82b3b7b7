/**
 * The native addon as TypeScript sees it, and the only file that loads it. Memory lives in the
 * process, not in a JavaScript heap: a handle can be given to another thread by its token.
 */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { existsSync } from 'node:fs';
import { ServeError } from '../core/errors.ts';
import type { OnnxModelConstructor } from './onnx-model.ts';

export interface Addon {
  /** Raised with every change of this interface. */
  readonly abi: number;
  /** Instruction sets this machine can run, best first; `scalar` is last. */
  isas(): string[];
  /** Every `code` an Error of the addon can carry; each is a key of FAILURES. */
  readonly failureCodes: readonly string[];
  readonly VectorIndex: VectorIndexConstructor;
  readonly SessionIndex: SessionIndexConstructor;
  readonly FilterIndex: FilterIndexConstructor;
  readonly Bitmap: new () => NativeBitmap;
  readonly Recommender: new (options: RecommenderOptions) => NativeRecommender;
  readonly OnnxModel: OnnxModelConstructor;
}

/**
 * What a search may answer: a bitmap over ids, bit `id % 32` of word `id >> 5`, or what a filter came
 * to. Ids beyond its end are not allowed.
 */
export type Allow = Uint32Array | NativeBitmap;

export interface VectorIndexOptions {
  /** `exact` compares with every vector and is the oracle; `graph` is approximate. */
  readonly kind: 'exact' | 'graph';
  readonly dim: number; // 1..4096
  readonly metric: 'ip' | 'cosine' | 'l2';
  /**
   * How vectors are kept, beside the codes that searches go by: as they came (`f32`, the exact index's
   * default), or in half the memory, in steps of 1/32,767 of a vector's largest value (`i16`, the graph's
   * default) or rounded to three digits (`bf16`).
   */
  readonly keep?: 'f32' | 'bf16' | 'i16';
  readonly degree?: number; // graph: edges a node keeps; default 48
  readonly buildBeam?: number; // graph: width of the search that finds them; default 100
  readonly threads?: number; // graph: that build it when many vectors come at once; default all cores
  /**
   * Graph: bytes to a value in the codes that walks compare, 1 (`narrow`) or 2 (`wide`). `fitted`, the
   * default: 2 up to 64 values; beyond, 1 unless the vectors lie so close together that codes of one byte
   * cannot tell them apart (judged as soon as 2,048 have come).
   */
  readonly codes?: 'fitted' | 'narrow' | 'wide';
  readonly isa?: string; // one of isas(); the best when absent
}

export interface VectorIndexConstructor {
  readonly prototype: NativeVectorIndex;
  new (options: VectorIndexOptions): NativeVectorIndex;
  /** The same index in another thread. Fails when the token's owner has closed it. */
  attach(token: bigint): NativeVectorIndex;
  /**
   * Opens what `save` wrote; fails on a damaged, foreign or newer file. `map` (the default) is ready at
   * once and shares the file's memory with other processes; changes stay in memory. `load` copies: the
   * better choice for an index that is searched or changed much. The file may be replaced, but not
   * overwritten, while it is mapped.
   */
  open(path: string, options?: { isa?: string; mode?: 'map' | 'load' }): NativeVectorIndex;
}

/** How a search is to be made. */
export interface VectorSearchOptions {
  /** Graph: width of the search; default 100, at least k is used. Follows fewer for easy queries. */
  readonly beam?: number;
  readonly allow?: Allow;
  /** In its place: an entry for each query, undefined where that may have all. Like ones side by side. */
  readonly allowEach?: readonly (Allow | undefined)[];
  /** Filled with how the search was made, and why; an object of the caller's. */
  readonly explain?: Partial<SearchExplanation>;
}

/** Of a search with several queries: what was decided for the last, and counts over all. */
export interface SearchExplanation {
  /** Compared with every vector; with those that match, one by one; or walked the graph. */
  plan: 'scan all' | 'scan matches' | 'graph';
  why: string; // a sentence
  vectors: number; // held
  matches: number; // that may be returned: an upper bound
  beam: number;
  nearbySeen: number; // vectors near the query that were looked at before deciding,
  nearbyMatches: number; // and those of them that match
  scanUs: number; // what either way was thought to cost
  graphUs: number;
  walked: number; // queries answered by the graph,
  scanned: number; // by comparing,
  givenUp: number; // and so many of these after a walk had begun
  steps: number; // of walks with a filter
}

/**
 * Ids are the caller's own, 0..2^32-2. Scores: inner product, cosine, or minus the squared
 * distance, so higher is always better. Every method may be called from any thread at any time.
 */
export interface NativeVectorIndex {
  readonly kind: 'exact' | 'graph';
  readonly dim: number;
  readonly metric: 'ip' | 'cosine' | 'l2';
  readonly size: number; // vectors held
  readonly bytes: number; // memory held
  readonly codeBytes: number; // of one vector
  readonly token: bigint;
  /**
   * `vectors` holds `ids.length * dim` floats. An id that is there is replaced; one that comes twice in a
   * call is refused. What is refused has changed nothing. Some thousands that come
   * to an empty graph are built together, on `threads` threads, with the same result for any number of
   * them; `onProgress` is then told 0..1 now and then.
   */
  add(ids: Uint32Array, vectors: Float32Array, options?: { onProgress?: (done: number) => void }): void;
  /** Returns how many were there. */
  remove(ids: Uint32Array): number;
  /**
   * Graph: looks for better edges of `count` vectors, the next in turn and each once at most, and returns
   * for how many. What
   * keeps recall up in a catalogue that changes: to be called, from any thread, while there is time;
   * a vector takes some 0.2 ms, and searches and changes come between any sixteen.
   */
  refine(count: number): number;
  has(id: number): boolean;
  /** Copies the vector as it was added (rounded, if kept so); false when the id is not there. */
  get(id: number, into: Float32Array): boolean;
  /**
   * `queries` holds rows of `dim` floats; row q's results go to `[q * k, (q + 1) * k)` of `ids` and
   * `scores`, best first, ties by lower id; places without a result hold `NO_ID` and -Infinity. Both must be
   * exactly k x queries long, and no two of the three may share memory.
   */
  search(
    queries: Float32Array, k: number, ids: Uint32Array, scores: Float32Array,
    options?: VectorSearchOptions,
  ): void;
  /**
   * The same off the calling thread; it rejects where `search` would throw. The arrays must be left alone
   * until it resolves; a bitmap may be filled again at once.
   */
  searchAsync(
    queries: Float32Array, k: number, ids: Uint32Array, scores: Float32Array,
    options?: VectorSearchOptions,
  ): Promise<void>;
  /** Of the file it was opened from, a copy; empty where there was none. */
  readonly note: Uint8Array;
  /**
   * Writes a new file, then renames it over `path`: never half a file. A link is followed; what is there
   * and no regular file is refused. `note` is anything of the caller's that belongs to the vectors, up to
   * 2^32 bytes, under the file's checksum; without one the note it was opened with is saved again.
   */
  save(path: string, options?: { note?: Uint8Array }): void;
  close(): void;
}
export const NO_ID = 0xffff_ffff;

export interface SessionIndexOptions {
  readonly sessionItemsMax?: number; // newest items of a session that are kept; default 50
  readonly sessionsPerItemMax?: number; // newest sessions an item lists; default 5000
  readonly sessionsMax?: number; // the oldest session gives way to one more; default 1,000,000
  readonly ruleWindow?: number; // items between an item and one that follows it; default 10
  readonly rulesPerItemMax?: number; // strongest followers an item keeps; default 500
  readonly ruleAgeDecay?: number; // sessions; a rule weighs exp(-age / it); default 0: no decay
}

export interface SessionIndexConstructor {
  new (options?: SessionIndexOptions): NativeSessionIndex;
  attach(token: bigint): NativeSessionIndex;
}

/** Weights of session-neighbour search; the papers and defaults are in `native/session/README.md`. */
export interface NeighbourOptions {
  readonly neighbours?: number; // sessions that vote
  readonly sample?: number; // newest candidate sessions looked at
  readonly queryDecay?: number; // items; weight of a query item is exp(-(distance from the end) / it)
  readonly itemDecay?: number; // items; weight by distance to the match in the neighbour
  readonly ageDecay?: number; // sessions; a neighbour weighs exp(-age / it); default 0: no decay
  readonly lengthPower?: number; // a neighbour's likeness is divided by length^it; default 0.5
}

/** Weights of sequential rules: which items came soon after the session's last ones. */
export interface FollowOptions {
  readonly last?: number; // items from the end that have a say; default 3
  readonly decay?: number; // 0..1; each earlier item's say is multiplied by it; default 0.5
}

/** What both searches may be told beside their weights. */
export interface SessionSearchOptions {
  readonly allow?: Allow;
}

/** Past sessions, found again by their items. An appended item counts in the very next search. */
export interface NativeSessionIndex {
  readonly sessions: number;
  readonly bytes: number;
  readonly token: bigint;
  /** `session` is any key; items of one session must come in order. */
  append(session: number, item: number): void;
  /** Many at once, in order: `items[i]` is one more item of `sessions[i]`. */
  appendAll(sessions: Float64Array, items: Uint32Array): void;
  /** Many whole sessions, oldest first: session i is `items[offsets[i] .. offsets[i + 1])`. */
  load(items: Uint32Array, offsets: Uint32Array): void;
  /** Forgets a session (erasure). Returns whether it was there. */
  remove(session: number): boolean;
  /**
   * Scores candidate items for a session's items (oldest first). Fills `items` and `scores`, best
   * first, and returns how many there are: at most `items.length`. `exclude`, where given, is a
   * session key that may not vote: one's own.
   */
  search(
    query: Uint32Array, items: Uint32Array, scores: Float32Array,
    options?: NeighbourOptions & SessionSearchOptions & { exclude?: number },
  ): number;
  /**
   * The same for sequential rules. `because[i]`, where given, is the query item that gave most of
   * `scores[i]`. Scores of one answer sum to at most 1 / (1 - decay).
   */
  follow(
    query: Uint32Array, items: Uint32Array, scores: Float32Array,
    options?: FollowOptions & SessionSearchOptions & { because?: Uint32Array },
  ): number;
  /** All that is here, for an index with the same options to go on from. Appends wait meanwhile. */
  save(): Uint8Array;
  /** What `save` gave, in an empty index. Fails with `storage` for other bytes; it is then still empty. */
  restore(bytes: Uint8Array): void;
  close(): void;
}

/**
 * The rows a filter let pass. Made empty, and filled by `evaluate` as often as one likes: its memory is
 * lent by a pool of the process. A handle is its thread's own.
 */
export interface NativeBitmap {
  readonly count: number; // rows that pass
  readonly bytes: number;
  has(row: number): boolean;
  /** Writes those of `rows` that pass to `into`, in their order, until it is full; how many it wrote. */
  keep(rows: Uint32Array, into: Uint32Array): number;
  /** Writes rows that pass, from row `first` on, in order, until `into` is full; how many it wrote. */
  rows(first: number, into: Uint32Array): number;
}

export interface FilterIndexOptions {
  readonly flags?: number; // 0..32 yes-or-no facts an item; default 1
  readonly columns?: number; // 0..32 numbers an item; default 1
  readonly isa?: string; // one of isas(), or the next best below it; the best when absent
}

export interface FilterIndexConstructor {
  new (options?: FilterIndexOptions): NativeFilterIndex;
  /** The same index in another thread. Fails when the token's owner has closed it. */
  attach(token: bigint): NativeFilterIndex;
}

/**
 * What items are, and which of them an expression lets pass. Rows (0..2^26-1) and categories
 * (0..2^24-1) are dense numbers of the caller's. Every method may be called from any thread at any
 * time; a change is in the very next evaluation, of any thread.
 */
export interface NativeFilterIndex {
  readonly size: number; // items held
  readonly bytes: number;
  readonly token: bigint;
  /**
   * Adds items or replaces all that is known of them. The categories of item i are
   * `categories[ends[i - 1] .. ends[i])`; bit f of `flags[i]` is its flag f; `numbers` holds a row of
   * `columns` numbers an item, NaN where it has none.
   */
  put(
    rows: Uint32Array, ends: Uint32Array, categories: Uint32Array, flags: Uint32Array,
    numbers: Float64Array,
  ): void;
  /** Changes one fact of items that are there; other rows are passed over. */
  setFlag(rows: Uint32Array, flag: number, on: boolean): void;
  setNumber(rows: Uint32Array, column: number, values: Float64Array): void;
  /** Returns how many were there. */
  remove(rows: Uint32Array): number;
  /** Fills `into` and returns how many rows pass. `filter` is what `FilterCode` writes. */
  evaluate(filter: Uint32Array, into: NativeBitmap): number;
  /**
   * How many would pass, from counts alone: `into` gets the least and the most there can be, and what
   * is expected if the parts of the filter have nothing to do with each other.
   */
  estimate(filter: Uint32Array, into: Float64Array): void;
  close(): void;
}

/** What a recommender searches, by token, and what its own sources are told. */
export interface RecommenderOptions {
  readonly sessions: bigint;
  readonly tasteIndex?: bigint; // by inner product
  readonly similarIndex?: bigint; // by cosine
  readonly neighbours: NeighbourOptions;
  readonly rules: FollowOptions;
  readonly again: { readonly decay: number };
  readonly taste: { readonly temperature: number };
  readonly similar: { readonly temperature: number };
}

/** Sources that a recommender searches itself, as weights and answers number them; others follow. */
export const OWN_SOURCES = [
  'session_neighbours', 'followed_by', 'again', 'taste', 'similar', 'popular',
] as const;

/** Queries that are answered together. Lists of several parts have the end of each. */
export interface RecommendBatch {
  readonly ks: Uint32Array; // items wanted, a query
  readonly items: Uint32Array; // rows of all queries' items, oldest first
  readonly itemEnds: Uint32Array;
  readonly hidden: Uint32Array; // rows that may not be answered, whatever `allow` says
  readonly hiddenEnds: Uint32Array;
  readonly sessions: Float64Array; // keys that may not vote; -1: none
  readonly weights: Float64Array; // as many of each query, by source; 0 leaves a source out
  readonly tastes: Float32Array; // vectors,
  readonly tasteAt: Uint32Array; // and which of them is a query's; 2^32-1: none
  readonly allow: readonly (Allow | undefined)[]; // of each query
  readonly room: number; // candidates that a source may name,
  readonly tasteRoom: number; // and those of the two vector sources
  readonly similarRoom: number;
  /** What other sources found: shares, for query `queries[i]` by source `sources[i]`. */
  readonly brought?: {
    readonly queries: Uint32Array;
    readonly sources: Uint32Array;
    readonly ends: Uint32Array; // in the three that follow
    readonly rows: Uint32Array;
    readonly shares: Float32Array;
    readonly because: Uint32Array; // or 2^32-1
  };
}

/** Answers, best first: query q's are `[ends[q - 1], ends[q])`. Room for all that may be found. */
export interface RecommendAnswers {
  readonly rows: Uint32Array;
  readonly because: Uint32Array; // row of the item that it follows from; 2^32-1: none
  readonly scores: Float32Array;
  readonly sources: Uint8Array; // that gave most of the score
  readonly ends: Uint32Array;
}

/** The blend of `server/storefront/retrieval`, natively: sources and sum of many queries in one call. */
export interface NativeRecommender {
  /** Rows by popularity, most first, and their shares of all interest: for searches from now on. */
  setPopular(rows: Uint32Array, shares: Float32Array): void;
  /**
   * To be told each time that a vector of `taste` (3) or `similar` (4) was added, replaced or removed, after
   * it has been: what is near to a vector is remembered.
   */
  noteChanged(source: number, row: number): void;
  search(batch: RecommendBatch, into: RecommendAnswers): void;
  /** The same off the calling thread. The batch may be changed at once, `into` is read when it resolves. */
  searchAsync(batch: RecommendBatch, into: RecommendAnswers): Promise<void>;
}

export const ADDON_ABI = 8;

/**
 * Loads the addon that `native/build.mjs` built. Fails with `backend`, naming the fix, when there is
 * none, when the system cannot load it, or when another build of Vitrine made it.
 */
export function loadAddon(path = ADDON_PATH): Addon {
  if (!existsSync(path)) throw unusable(path, "is missing: run 'npm run build'");
  let addon: Partial<Addon>;
  try {
    addon = createRequire(import.meta.url)(path) as Partial<Addon>;
  } catch (cause) {
    const reason = (cause as Error).message.replace(`${path}: `, '').split('\n')[0];
    throw unusable(path, `does not load (${reason}): ${REBUILD}`);
  }
  if (addon.abi === ADDON_ABI) return addon as Addon;
  throw unusable(path, `has ABI ${addon.abi ?? 'none'}, this build needs ${ADDON_ABI}: ${REBUILD}`);
}

const ADDON_PATH = fileURLToPath(new URL('../../../build/vitrine.node', import.meta.url));
const REBUILD = "delete the folder build, then run 'npm run build'";

function unusable(path: string, why: string): ServeError {
  return new ServeError('backend', `the native addon ${path} ${why}`);
}
