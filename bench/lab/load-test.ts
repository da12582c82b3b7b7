import type { Measurement } from './measurement.ts';
import type { Run, ServerSample } from './run.ts';

/** One `vitrine bench load`: what was asked, and a level for each concurrency or rate. */
export interface LoadTest {
  readonly when: string; // ISO 8601
  readonly url: string;
  readonly protocol: 'ws' | 'http';
  /** Of a server with models. */
  readonly model?: string;
  readonly modelVersion?: string;
  readonly batchSize: number; // rows, so inferences, of a request
  /** What levels are told apart by. */
  readonly mode: 'concurrency' | 'rate';
  /** Of arrivals: `constant`, `poisson`, `gamma`, …; `closed` for a closed loop. */
  readonly arrivals: string;
  readonly seed: number;
  /** The percentile, such as 99, that stability goes by; null is the mean. */
  readonly percentile: number | null;
  readonly sloUs: number | null;
  /** Names by kind, where requests have any. */
  readonly kindNames: readonly string[];
  readonly command: string; // as typed
  readonly levels: readonly Level[];
  /** What a search for the highest rate found. */
  readonly search?: SearchResult;
}

export interface Level {
  /** Requests in flight, or requests a second; of a trace, its mean. */
  readonly value: number;
  readonly run: Run;
  readonly measurement: Measurement;
  /** Over the run; empty where the server tells nothing. */
  readonly server: readonly ServerSample[];
}

export interface SearchResult {
  /** Highest rate at which the objective was met, requests a second; 0 where none was. */
  readonly rate: number;
  /** All that was tried, in order. */
  readonly tried: readonly { readonly rate: number; readonly met: boolean; readonly within: number }[];
  /** The generator, not the server, set the end of what was tried. */
  readonly generatorLimited?: boolean;
  /** MLPerf's rule: queries of each verifying run, and how many of the runs met the objective. */
  readonly verified?: { readonly queries: number; readonly runs: number; readonly met: number };
}
