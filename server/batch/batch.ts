import type { ServeError } from '../core/errors.ts';
import type { LaneJob } from './job-queue.ts';
import type { Run } from './runner.ts';

/** The rows of one run and the jobs they belong to. Reused by its lane. */
export class Batch implements Run {
  readonly slots: Int32Array;
  readonly jobs: (LaneJob | null)[]; // a place is null once its job has settled
  rows = 0;
  jobCount = 0;
  startedUs = 0;

  constructor(
    rowsMax: number,
    private readonly onEnded: (batch: Batch, error: ServeError | null, held: boolean) => void,
    private readonly onReleased: (batch: Batch) => void,
  ) {
    this.slots = new Int32Array(rowsMax);
    this.jobs = Array.from({ length: rowsMax }, () => null);
  }

  /** The job's rows go to the end of the batch, which has room for them. */
  add(job: LaneJob): void {
    const { rows, slots } = job;
    for (let row = 0; row < rows; row += 1) this.slots[this.rows + row] = slots[row] as number;
    this.rows += rows;
    this.jobs[this.jobCount] = job;
    this.jobCount += 1;
  }

  ended(error: ServeError | null, held = false): void {
    this.onEnded(this, error, held);
  }

  released(): void {
    this.onReleased(this);
  }
}
