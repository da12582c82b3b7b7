import assert from 'node:assert/strict';
import type { ServeError } from '../core/errors.ts';
import type { Job } from './lane.ts';

export type JobState = 'free' | 'taken' | 'waiting' | 'refused' | 'running';

/** A job as its lane sees it: reused for ever, linked into the queue through itself. */
export class LaneJob implements Job {
  rows = 0;
  slots = new Int32Array(4);
  deadlineUs = Infinity;
  arrivedUs = 0;
  startedUs = 0;
  endedUs = 0;
  batchRows = 0;
  onSettled: (job: Job, error: ServeError | null) => void = unsettled;
  context: unknown = null;

  state: JobState = 'free';
  refusal: ServeError | null = null;
  before: LaneJob | null = null;
  after: LaneJob | null = null;

  /** As if new, with room for `rows` slots. */
  reset(rows: number): void {
    this.rows = rows;
    if (this.slots.length < rows) this.slots = new Int32Array(2 ** Math.ceil(Math.log2(rows)));
    this.deadlineUs = Infinity;
    this.arrivedUs = 0;
    this.startedUs = 0;
    this.endedUs = 0;
    this.batchRows = 0;
    this.onSettled = unsettled;
    this.context = null;
    this.refusal = null;
  }
}

function unsettled(): void {
  assert.fail('a job was submitted without onSettled');
}

/** Jobs in order of arrival. Any of them can leave at once, wherever it stands. */
export class JobQueue {
  #first: LaneJob | null = null;
  #last: LaneJob | null = null;
  #rows = 0;
  #jobs = 0;

  get first(): LaneJob | null {
    return this.#first;
  }
  /** Rows of all jobs that wait. */
  get rows(): number {
    return this.#rows;
  }
  get jobs(): number {
    return this.#jobs;
  }

  push(job: LaneJob): void {
    job.before = this.#last;
    job.after = null;
    if (this.#last) this.#last.after = job;
    else this.#first = job;
    this.#last = job;
    this.#rows += job.rows;
    this.#jobs += 1;
  }

  /** The job must be in this queue. */
  remove(job: LaneJob): void {
    if (job.before) job.before.after = job.after;
    else this.#first = job.after;
    if (job.after) job.after.before = job.before;
    else this.#last = job.before;
    job.before = null;
    job.after = null;
    this.#rows -= job.rows;
    this.#jobs -= 1;
  }

  /** The earliest deadline of a job that waits; Infinity when none has one. */
  earliestUs(): number {
    let earliest = Infinity;
    for (let job = this.#first; job; job = job.after) {
      if (job.deadlineUs < earliest) earliest = job.deadlineUs;
    }
    return earliest;
  }
}
