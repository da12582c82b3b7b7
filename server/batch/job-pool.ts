import assert from 'node:assert/strict';
import type { Slab } from '../core/slab.ts';
import type { Job } from './lane.ts';
import { LaneJob } from './job-queue.ts';

/** Jobs and the slots of their rows: lent to callers and taken back, never thrown away. */
export class JobPool {
  readonly #free: LaneJob[] = [];

  constructor(private readonly slab: Slab) {}

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
    assert.equal(job.state, state, 'a job is used after it settled, or twice');
    return job;
  }

  /** Takes back the job alone: its slots are still in a run, and come back with that. */
  recycle(job: LaneJob): void {
    job.state = 'free';
    this.#free.push(job);
  }

  giveBackSlots(slots: Int32Array, rows: number): void {
    for (let row = 0; row < rows; row += 1) this.slab.giveBack(slots[row] as number);
  }
}
