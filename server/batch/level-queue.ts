import { JobList } from './job-list.ts';
import { JobTree } from './job-tree.ts';
import type { LaneJob } from './job.ts';

/**
 * Jobs of one priority level in order of `orderUs`. While they come in that order, as they do where
 * nobody has a deadline or everybody the same, the order is that of arrival and costs nothing to
 * keep. The first job out of turn moves all into a tree, in which the level stays until it is
 * empty.
 */
export class LevelQueue {
  readonly #list = new JobList(); // all but those delayed, in order of arrival
  readonly #tree = new JobTree(); // the same jobs, or none
  readonly #delayed = new JobList();
  #rows = 0;
  #jobs = 0;
  #delayedRows = 0;

  get rows(): number {
    return this.#rows;
  }
  get jobs(): number {
    return this.#jobs;
  }

  /** Whose turn it is. */
  get first(): LaneJob | null {
    return (this.#tree.empty ? this.#list.first : this.#tree.first) ?? this.#delayed.first;
  }

  /** When the job came that has waited longest. */
  get oldestUs(): number {
    return Math.min(
      this.#list.first?.arrivedUs ?? Infinity, this.#delayed.first?.arrivedUs ?? Infinity,
    );
  }

  push(job: LaneJob): void {
    if (!this.#tree.empty) {
      this.#tree.add(job);
    } else if (this.#list.last !== null && job.orderUs < this.#list.last.orderUs) {
      this.#plant();
      this.#tree.add(job);
    }
    this.#list.push(job);
    this.#rows += job.rows;
    this.#jobs += 1;
  }

  /** The job must wait here. */
  remove(job: LaneJob): void {
    if (job.delayed) {
      this.#delayed.remove(job);
      this.#delayedRows -= job.rows;
    } else {
      this.#list.remove(job);
      if (!this.#tree.empty) this.#tree.remove(job);
    }
    this.#rows -= job.rows;
    this.#jobs -= 1;
  }

  /** The job goes behind all that have not been delayed. */
  delay(job: LaneJob): void {
    this.remove(job);
    job.delayed = true;
    this.#delayed.push(job);
    this.#delayedRows += job.rows;
    this.#rows += job.rows;
    this.#jobs += 1;
  }

  /** Rows that would go before a job that came now. */
  rowsAhead(orderUs: number): number {
    if (this.#tree.empty) {
      const { last } = this.#list;
      if (last === null) return 0;
      if (last.orderUs <= orderUs) return this.#rows - this.#delayedRows;
      if ((this.#list.first as LaneJob).orderUs > orderUs) return 0;
      this.#plant(); // as its `push` would
    }
    return this.#tree.rowsUntil(orderUs);
  }

  /** Appends the jobs that something may have happened to by `nowUs`. */
  collectDue(nowUs: number, into: LaneJob[]): void {
    if (this.#tree.empty) {
      for (let job = this.#list.first; job && job.orderUs <= nowUs; job = job.after) into.push(job);
    } else {
      this.#tree.collect(nowUs, into);
    }
    for (let job = this.#delayed.first; job; job = job.after) into.push(job);
  }

  /** When to look again, besides at what `collectDue` gave. */
  nextUs(nowUs: number): number {
    if (!this.#tree.empty) return this.#tree.after(nowUs)?.orderUs ?? Infinity;
    let job = this.#list.first;
    while (job && job.orderUs <= nowUs) job = job.after;
    return job?.orderUs ?? Infinity;
  }

  #plant(): void {
    for (let job = this.#list.first; job; job = job.after) this.#tree.add(job);
  }
}
