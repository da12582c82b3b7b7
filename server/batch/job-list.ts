import type { LaneJob } from './job.ts';

/** Jobs linked in order of arrival. Any of them can leave at once, wherever it stands. */
export class JobList {
  first: LaneJob | null = null;
  last: LaneJob | null = null;

  push(job: LaneJob): void {
    job.before = this.last;
    job.after = null;
    if (this.last) this.last.after = job;
    else this.first = job;
    this.last = job;
  }

  /** The job must be in this list. */
  remove(job: LaneJob): void {
    if (job.before) job.before.after = job.after;
    else this.first = job.after;
    if (job.after) job.after.before = job.before;
    else this.last = job.before;
    job.before = null;
    job.after = null;
  }
}
