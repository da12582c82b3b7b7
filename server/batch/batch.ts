import { ServeError } from '../core/errors.ts';
import type { BatchReason } from '../core/inference.ts';
import type { LaneJob } from './job.ts';
import { queuedNs } from './phase-stats.ts';
import type { Run, RunFailure } from './runner.ts';

/** The rows of one run and the jobs they belong to. Reused by its lane. */
export class Batch implements Run {
  readonly slots: Int32Array;
  readonly jobs: (LaneJob | null)[]; // a place is null once its job has settled
  readonly #firstRows: Int32Array; // of each job
  rows = 0; // of the run: those of jobs, then those that fill it up
  jobRows = 0;
  jobCount = 0;
  startedUs = 0;
  endedUs = 0; // Infinity while it runs
  reason: BatchReason = 'idle';
  inputNs = 0;
  outputNs = 0;
  /** Jobs that it answered, by priority level, and how long they all had waited. */
  readonly answersOf: Int32Array;
  answers = 0;
  queuedNs = 0;

  constructor(
    rowsMax: number,
    levels: number,
    private readonly onEnded: (batch: Batch, failure: RunFailure | null, held: boolean) => void,
    private readonly onReleased: (batch: Batch) => void,
  ) {
    this.slots = new Int32Array(rowsMax);
    this.#firstRows = new Int32Array(rowsMax);
    this.jobs = Array.from({ length: rowsMax }, () => null);
    this.answersOf = new Int32Array(levels);
  }

  /** The job's rows go to the end of the batch, which has room for them and starts at `nowUs`. */
  add(job: LaneJob, nowUs: number): void {
    job.state = 'running';
    job.startedUs = nowUs;
    const { rows, slots } = job;
    for (let row = 0; row < rows; row += 1) this.slots[this.rows + row] = slots[row] as number;
    this.#firstRows[this.jobCount] = this.rows;
    this.rows += rows;
    this.jobRows = this.rows;
    this.jobs[this.jobCount] = job;
    this.jobCount += 1;
  }

  /** Fills the run up to `rows`: its last row again, whose answer is then written twice. */
  pad(rows: number): void {
    this.slots.fill(this.slots[this.rows - 1] as number, this.rows, rows);
    this.rows = rows;
  }

  start(nowUs: number): void {
    this.startedUs = nowUs;
    this.endedUs = Infinity;
  }

  /** What the job is to know of its run when it is answered. */
  leave(job: LaneJob, endedUs: number): void {
    job.endedUs = endedUs;
    job.batchRows = this.jobRows;
    job.batchReason = this.reason;
  }

  /** As if new. */
  reset(): void {
    this.rows = 0;
    this.jobRows = 0;
    this.jobCount = 0;
    this.inputNs = 0;
    this.outputNs = 0;
    this.answersOf.fill(0);
    this.answers = 0;
    this.queuedNs = 0;
  }

  /** A job of it is answered: counted here, and by `LaneStats` once for all of them. */
  answered({ level, arrivedUs }: LaneJob): void {
    this.answersOf[level] = (this.answersOf[level] as number) + 1;
    this.answers += 1;
    this.queuedNs += queuedNs(arrivedUs, this.startedUs);
  }

  /** What the runner measured is by another clock: it may not be more than the run as a whole. */
  capPhases(runUs: number): void {
    const runNs = Math.floor(runUs * 1000);
    this.inputNs = Math.min(this.inputNs, runNs);
    this.outputNs = Math.min(this.outputNs, runNs - this.inputNs);
  }

  /** What of the run's failure is the job's at this place: null where its rows have answers. */
  errorOf(place: number, rows: number, failure: RunFailure | null): ServeError | null {
    if (failure === null || failure instanceof ServeError) return failure;
    const first = this.#firstRows[place] as number;
    for (let row = first; row < first + rows; row += 1) {
      const error = failure.get(row);
      if (error) return error;
    }
    return null;
  }

  ended(failure: RunFailure | null, held = false): void {
    this.onEnded(this, failure, held);
  }

  released(): void {
    this.onReleased(this);
  }
}
