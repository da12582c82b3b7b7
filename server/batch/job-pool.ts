import assert from 'node:assert/strict';
import type { ServeError } from '../core/errors.ts';
import type { Slab } from '../core/slab.ts';
import { LaneJob } from './job.ts';
import type { Job } from './lane.ts';
import type { LaneStats } from './lane-stats.ts';

/** Jobs and the slots of their rows: lent to callers and taken back, never thrown away. */
export class JobPool {
  readonly #free: LaneJob[] = [];

  constructor(private readonly slab: Slab, private readonly stats: LaneStats) {}

  /** A job with `rows` slots, or null when there are not as many. */
  take(rows: number): LaneJob | null {
    if (this.slab.freeCount < rows) return null;
    const job = this.#free.pop() ?? new LaneJob();
    job.reset(rows);
    for (let row = 0; row < rows; row += 1) job.slots[row] = this.slab.take();
    job.state = 'taken';
    return job;
  }

  /** The job a caller holds, which must be in the state that the call asks for. */
  own(given: Job, state: LaneJob['state']): LaneJob {
    const job = given as LaneJob;
    if (job.state !== state) assert.fail('a job is used after it settled, or twice');
    return job;
  }

  /** Takes back a job that was not used. */
  giveBack(job: LaneJob): void {
    this.giveBackSlots(job.slots, job.rows);
    this.#recycle(job);
  }

  /** Tells the job's owner how it ended. Its slots are still in a run, and come back with that. */
  settle(job: LaneJob, error: ServeError | null): void {
    this.#tell(job, error);
    this.#recycle(job);
  }

  /** The same for a job that never ran. */
  settleWithSlots(job: LaneJob, error: ServeError): void {
    this.#tell(job, error);
    this.giveBack(job);
  }

  giveBackSlots(slots: Int32Array, rows: number): void {
    for (let row = 0; row < rows; row += 1) this.slab.giveBack(slots[row] as number);
  }

  #tell(job: LaneJob, error: ServeError | null): void {
    if (error !== null) this.stats.fail(error.code); // the answered are counted a batch at a time
    try {
      job.onSettled(job, error);
    } catch (defect) {
      // The caller is broken, which is fatal; but not before the others have their answers.
      queueMicrotask(() => { throw defect; });
    }
  }

  #recycle(job: LaneJob): void {
    job.state = 'free';
    this.#free.push(job);
  }
}
