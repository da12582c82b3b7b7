import type { Batch } from './batch.ts';
import type { Expectation } from './expectation.ts';
import type { JobQueue } from './job-queue.ts';
import type { LaneJob } from './job.ts';
import { verdict } from './policy.ts';
import type { RunTime } from './run-time.ts';

/** What becomes of those whose turn comes and who are not run. */
export interface Unfilled {
  /**
   * A limit has passed: the deadline, where `late`, or by when it had to start. Still in the queue.
   */
  passed(job: LaneJob, late: boolean): void;
  /** It cannot be answered in time. Out of the queue. */
  hopeless(job: LaneJob): void;
}

/** Moves waiting jobs into batches. */
export class Filling {
  readonly #hopeless: LaneJob[] = []; // of the batch that is being filled

  constructor(
    private readonly queue: JobQueue,
    private readonly expect: Expectation,
    private readonly runTime: RunTime,
    private readonly unfilled: Unfilled,
  ) {}

  /**
   * In the jobs' order. Who can't be answered in time makes room for who can; where nobody can,
   * they run all the same: the lane may be wrong about how long runs take. A first job that is
   * larger than `rowsMax` is not split.
   */
  fill(batch: Batch, nowUs: number, rowsMax: number): void {
    const { queue, runTime } = this;
    const hopeless = this.#hopeless;
    const doneUs = nowUs + this.expect.runUs(Math.min(queue.rows, rowsMax)) + runTime.spreadUs;
    for (let job = queue.first; job && batch.rows < rowsMax; job = queue.first) {
      const what = verdict(job.deadlineUs, job.startByUs, nowUs, doneUs);
      if (what === 'run') {
        if (batch.rows > 0 && batch.rows + job.rows > rowsMax) break; // it heads the next batch
        queue.remove(job);
        batch.add(job, nowUs);
      } else if (what === 'hopeless') {
        queue.remove(job);
        hopeless.push(job);
      } else {
        this.unfilled.passed(job, what === 'late');
      }
    }
    const tries = batch.rows === 0;
    for (const job of hopeless) {
      if (tries && (batch.rows === 0 || batch.rows + job.rows <= rowsMax)) batch.add(job, nowUs);
      else this.unfilled.hopeless(job);
    }
    hopeless.length = 0;
  }
}
