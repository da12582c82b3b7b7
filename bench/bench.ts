import type { Row } from './report.ts';

/** `quick` ends within 60 s; `smoke`, for the tests, measures nothing but does all of it once. */
export type BenchSize = 'full' | 'quick' | 'smoke';

export interface BenchOptions {
  readonly size: BenchSize;
  /** Names out of the bench's `choices`: only these are measured. All of them where none is given. */
  readonly only?: readonly string[];
  say(progress: string): void;
}

/** What a bench found; `main.ts` adds where and when. */
export interface Measured {
  readonly inputs: string; // digest
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  readonly versions?: Readonly<Record<string, string>>; // of what is no package of ours
  readonly pictures?: Readonly<Record<string, string>>; // file text by ending: `svg`
}

/** One `NAME.bench.ts`. */
export interface Bench {
  /** npm packages whose versions belong to the result. */
  readonly packages: readonly string[];
  /** What `--only` may name. */
  readonly choices?: readonly string[];
  run(options: BenchOptions): Promise<Measured>;
}
