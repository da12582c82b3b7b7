import type { Row } from './report.ts';

/** `quick` ends within 60 s; `smoke`, for the tests, measures nothing but does all of it once. */
export type BenchSize = 'full' | 'quick' | 'smoke';

export interface BenchOptions {
  readonly size: BenchSize;
  say(progress: string): void;
}

/** What a bench found; `main.ts` adds where and when. */
export interface Measured {
  readonly inputs: string; // digest
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
}

/** One `NAME.bench.ts`. */
export interface Bench {
  /** npm packages whose versions belong to the result. */
  readonly packages: readonly string[];
  run(options: BenchOptions): Promise<Measured>;
}
