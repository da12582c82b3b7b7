import type { ModelConfig } from '../catalog/model-config.ts';
import { admits, type BatchLimits, expectedUs, paddedRows } from './policy.ts';
import type { RunTime } from './run-time.ts';

/** When a lane will have answered what comes now, by how long its runs take. */
export class Expectation {
  readonly #load: { rowsAhead: number; runs: number; readonly runsMax: number };
  /** Microseconds of a run of so many rows, filled up to a size that it may have. */
  readonly runUs = (rows: number): number =>
    this.runTime.expectUs(paddedRows(rows, this.limits.allowed));

  constructor(
    private readonly limits: BatchLimits,
    private readonly runTime: RunTime,
    runsMax: number,
  ) {
    this.#load = { rowsAhead: 0, runs: 0, runsMax };
  }

  started(): void {
    this.#load.runs += 1;
  }

  ended(): void {
    this.#load.runs -= 1;
  }

  /** Microseconds until rows would be answered that came now and found so many before them. */
  answerUs(rows: number, rowsAhead: number): number {
    this.#load.rowsAhead = rowsAhead;
    return expectedUs(rows, this.#load, this.limits.rowsMax, this.runUs);
  }

  /** Whether they would be within `leftUs`. */
  inTime(rows: number, rowsAhead: number, leftUs: number): boolean {
    const answerUs = this.answerUs(rows, rowsAhead);
    return admits(leftUs, answerUs, this.runTime.spreadUs, this.#load);
  }
}

/** What the lane of a model keeps to. */
export function batchLimits(
  { dynamic_batching: batching }: ModelConfig, rowsMax: number,
): BatchLimits {
  return {
    rowsMax,
    delayUsMax: batching.max_queue_delay_microseconds,
    preferred: batching.preferred_batch_size,
    allowed: batching.allowed_batch_size,
  };
}
