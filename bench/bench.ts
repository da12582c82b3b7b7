import type { Row } from './report.ts';

export interface BenchOptions {
  readonly quick: boolean; // ends within 60 s
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
