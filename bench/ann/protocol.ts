/**
 * What the bench and its engines say to each other: each engine is a process of its own, takes a
 * command a line on its standard input and answers a line on its output, as JSON. Arrays travel as
 * files of little-endian numbers, so that an engine may be written in any language.
 */

/** What a search is told to spend: `[beam]`, `[probes, k factor]`, or nothing for a scan. */
export type Setting = readonly number[];

export type Metric = 'ip' | 'cosine';

/** One set of vectors and one index over it. */
export interface Opening {
  readonly do: 'open';
  readonly base: string; // float32 [count, dim]; of unit length under cosine
  readonly queries: string; // float32 [queryCount, dim]; of unit length under cosine
  readonly count: number;
  readonly queryCount: number;
  readonly dim: number;
  readonly metric: Metric;
  readonly k: number;
  readonly index: string; // the file that holds the built index, once `build` has written it
}

export type Command =
  /** Builds the index and writes `index`. Answers `Built`. */
  | (Omit<Opening, 'do'> & { readonly do: 'build' })
  /** Reads what `build` wrote. Answers `{}`. */
  | Opening
  /** Writes the ids of the first `count` queries' results to `into`: uint32 [count, k]. */
  | {
      readonly do: 'answer';
      readonly setting: Setting;
      readonly count: number;
      readonly batch: number; // queries a call
      readonly into: string;
    }
  /** Asks queries in turn for `leastMs`, `batch` a call. Answers `Timed`; items are queries. */
  | { readonly do: 'time'; readonly setting: Setting; readonly batch: number; readonly leastMs: number }
  /** From now on only ids of the bitmap may be returned: bit `id % 8` of byte `id >> 3`. */
  | { readonly do: 'filter'; readonly bitmap: string | null }
  /** Takes vectors out and puts them in again under their ids: uint32 files. Answers `Timed`. */
  | { readonly do: 'remove'; readonly ids: string }
  | { readonly do: 'add'; readonly ids: string }
  /** Mends the index for so many of its vectors. Answers `Timed`; no work where it cannot. */
  | { readonly do: 'refine'; readonly count: number }
  /** Takes blocks of vectors out and puts them back, while a thread searches with the beam (null: none). */
  | { readonly do: 'live'; readonly ids: string; readonly beam: number | null };

export interface Built {
  readonly cpuS: number;
  readonly wallS: number;
  readonly bytes: number; // held in memory where the engine can say, else of its file
}

export interface Timed {
  readonly items: number;
  readonly wallS: number;
  readonly cpuS: number; // of the whole process
}

/** What `live` answers. Seconds of the clock, not of a core. */
export interface Lived {
  readonly added: number;
  readonly addS: number; // of the calls that added
  readonly wallS: number; // of all
  readonly searches: number;
  readonly longestMs: number; // of a search
}

/** The reply to a command that failed. */
export interface Failed {
  readonly error: string;
}
