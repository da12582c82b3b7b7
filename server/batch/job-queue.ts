import type { LaneJob } from './job.ts';
import { LevelQueue } from './level-queue.ts';

/** Jobs that wait: by priority level, within a level by `orderUs`, then in order of arrival. */
export class JobQueue {
  readonly levels: readonly LevelQueue[];
  #rows = 0;
  #jobs = 0;
  #limited = 0; // jobs that do not wait for ever
  #sequence = 0;
  readonly #due: LaneJob[] = [];

  constructor(levels = 1) {
    this.levels = Array.from({ length: levels }, () => new LevelQueue());
  }

  /** Whose turn it is. */
  get first(): LaneJob | null {
    if (this.#jobs === 0) return null;
    for (const level of this.levels) if (level.jobs > 0) return level.first;
    return null;
  }
  /** Rows of all jobs that wait. */
  get rows(): number {
    return this.#rows;
  }
  get jobs(): number {
    return this.#jobs;
  }

  push(job: LaneJob): void {
    this.#sequence += 1;
    job.sequence = this.#sequence;
    if (job.limitUs !== Infinity) this.#limited += 1;
    (this.levels[job.level] as LevelQueue).push(job);
    this.#rows += job.rows;
    this.#jobs += 1;
  }

  /** The job must be in this queue. */
  remove(job: LaneJob): void {
    if (job.limitUs !== Infinity) this.#limited -= 1;
    (this.levels[job.level] as LevelQueue).remove(job);
    this.#rows -= job.rows;
    this.#jobs -= 1;
  }

  /** The job keeps waiting, without `startByUs`, behind all of its level that are in time. */
  delay(job: LaneJob): void {
    if (job.deadlineUs === Infinity) this.#limited -= 1;
    (this.levels[job.level] as LevelQueue).delay(job);
    job.startByUs = Infinity;
  }

  /** Rows that would go before a job that came now. */
  rowsAhead(level: number, orderUs: number): number {
    let rows = (this.levels[level] as LevelQueue).rowsAhead(orderUs);
    for (let above = 0; above < level; above += 1) rows += (this.levels[above] as LevelQueue).rows;
    return rows;
  }

  /** When the job came that has waited longest. */
  get oldestUs(): number {
    if (this.levels.length === 1) return (this.levels[0] as LevelQueue).oldestUs;
    return this.levels.reduce((oldest, level) => Math.min(oldest, level.oldestUs), Infinity);
  }

  /** By when the first job of some level must have started, or be answered. */
  get limitUs(): number {
    if (this.#limited === 0) return Infinity;
    return this.levels.reduce(
      (least, { first }) => Math.min(least, first?.limitUs ?? Infinity), Infinity,
    );
  }

  /** Jobs whose limit has passed. Valid until the next call. */
  overdue(nowUs: number): readonly LaneJob[] {
    const due = this.#due;
    due.length = 0;
    if (this.#limited === 0) return due;
    for (const level of this.levels) level.collectDue(nowUs, due);
    let kept = 0;
    for (const job of due) if (job.limitUs <= nowUs) due[kept++] = job;
    due.length = kept;
    return due;
  }

  /** When to ask for `overdue` again; Infinity where no job has a limit. */
  nextLimitUs(nowUs: number): number {
    if (this.#limited === 0) return Infinity;
    const due = this.#due;
    due.length = 0;
    let next = Infinity;
    for (const level of this.levels) {
      level.collectDue(nowUs, due);
      next = Math.min(next, level.nextUs(nowUs));
    }
    for (const job of due) next = Math.min(next, job.limitUs);
    due.length = 0;
    return next;
  }
}
