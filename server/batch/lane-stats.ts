import type { FailureCode } from '../core/errors.ts';
import { Histogram } from '../core/histogram.ts';
import { PhaseStats } from './phase-stats.ts';
import type { FlushReason } from './policy.ts';

/** What one lane has done since it was made. The lane adds, `/metrics` reads. */
export class LaneStats {
  /** Jobs by how they ended. */
  answered = 0;
  readonly failed: Partial<Record<FailureCode, number>> = {};
  /** Rows that ran, and runs: their ratio is the average batch. */
  rows = 0;
  readonly batches: Record<FlushReason, number> = { full: 0, idle: 0, deadline: 0, delay: 0 };
  readonly batchRows = new Histogram();
  /** Microseconds, of every job that was answered. */
  readonly queueUs = new Histogram();
  /** Microseconds, of every run; the hop to a worker and back is included. */
  readonly runUs = new Histogram();

  /** The same to the nanosecond, by phase and by size of the run. */
  readonly phases: PhaseStats;

  constructor(rowsMax = 1) {
    this.phases = new PhaseStats(rowsMax);
  }

  fail(code: FailureCode): void {
    this.failed[code] = (this.failed[code] ?? 0) + 1;
  }
}
