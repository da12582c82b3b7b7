import assert from 'node:assert/strict';
import { type ModelConfig, rowsOfRun } from '../catalog/model-config.ts';
import type { Clock } from '../core/clock.ts';
import { type FailureCode, ServeError } from '../core/errors.ts';
import { Ring } from '../core/ring.ts';
import type { Slab } from '../core/slab.ts';
import { Batch } from './batch.ts';
import { JobPool } from './job-pool.ts';
import { JobQueue, type LaneJob } from './job-queue.ts';
import type { Job, Lane, LaneTensor } from './lane.ts';
import { laneTensor } from './lane-memory.ts';
import { LaneStats } from './lane-stats.ts';
import { admits, type BatchLimits, expectedUs, flush, type FlushReason } from './policy.ts';
import { RunTime } from './run-time.ts';
import type { RunFailure, Runner } from './runner.ts';
import { WakeTimer } from './wake-timer.ts';

/** An inline lane gives way to the sockets after this long; the rest runs in the next turn. */
const INLINE_TURN_US_MAX = 2000;

export interface LaneParts {
  readonly model: string;
  readonly version: string;
  readonly config: ModelConfig;
  readonly slab: Slab; // of `laneSlots` slots, with the rows of `laneRowBytes`
  readonly runner: Runner;
  readonly clock: Clock;
  /** Runs something when the event loop has taken all that this turn brought: `setImmediate`. */
  readonly turnEnd: (run: () => void) => void;
  /** Measured at load, so that the first deadlines are judged by something. */
  readonly runTime?: RunTime;
}

/**
 * Gathers jobs into runs, first come first served. Submissions of one event-loop turn leave
 * together from its end; a full batch leaves at once where a worker is free. Every job settles
 * exactly once, from the turn's end, a timer, or the end of a run.
 */
export class BatchLane implements Lane {
  readonly model: string;
  readonly version: string;
  readonly config: ModelConfig;
  readonly inputs: readonly LaneTensor[];
  readonly outputs: readonly LaneTensor[];
  readonly rowsMax: number;
  readonly stats: LaneStats;
  readonly runTime: RunTime;

  readonly #parts: LaneParts;
  readonly #limits: BatchLimits;
  readonly #queueMax: number;
  readonly #timeoutUs: number;
  readonly #queue = new JobQueue();
  readonly #refused: Ring<LaneJob>; // to be settled at the turn's end
  readonly #running: Batch[] = [];
  readonly #jobs: JobPool;
  readonly #timer: WakeTimer;
  readonly #freeBatches: Batch[] = [];
  readonly #load: { rowsAhead: number; runs: number; readonly runsMax: number };
  readonly #runUs = (rows: number): number => this.runTime.expectUs(rows);
  readonly #onTurnEnd = (): void => this.#endTurn();
  #takenRows = 0;
  #heldBatches = 0;
  #turnAsked = false;
  #closing = false;
  #onQuiet: (() => void) | null = null;

  constructor(parts: LaneParts) {
    const { config, slab } = parts;
    this.#parts = parts;
    this.model = parts.model;
    this.version = parts.version;
    this.config = config;
    this.rowsMax = rowsOfRun(config);
    this.stats = new LaneStats(this.rowsMax);
    this.inputs = config.input.map((tensor, at) => laneTensor(tensor, slab, at));
    this.outputs = config.output.map((t, at) => laneTensor(t, slab, config.input.length + at));
    this.runTime = parts.runTime ?? new RunTime();
    const batching = config.dynamic_batching;
    this.#limits = { rowsMax: this.rowsMax, delayUsMax: batching.max_queue_delay_microseconds };
    this.#queueMax = batching.max_queue_size;
    this.#timeoutUs = batching.default_timeout_microseconds || Infinity;
    this.#refused = new Ring(slab.layout.slots); // a job holds at least one slot
    this.#jobs = new JobPool(slab, this.stats);
    this.#timer = new WakeTimer(parts.clock, () => this.#wake());
    this.#load = { rowsAhead: 0, runs: 0, runsMax: parts.runner.runsMax };
    parts.runner.onFree = () => this.#pump();
  }

  get inline(): boolean {
    return this.#parts.runner.inline;
  }
  /** Why its requests fail until further notice; undefined while they can be answered. */
  get trouble(): string | undefined {
    return this.#parts.runner.trouble;
  }
  /** Of the rows that wait and run, inputs and outputs. */
  get memoryBytes(): number {
    return this.#parts.slab.memory.byteLength;
  }
  get waitingRows(): number {
    return this.#queue.rows;
  }
  get runningRows(): number {
    return this.#running.reduce((rows, batch) => rows + batch.rows, 0);
  }
  get freeSlots(): number {
    return this.#parts.slab.freeCount;
  }
  /** Milliseconds after which a refused caller may find room. */
  get retryAfterMs(): number {
    return Math.max(1, Math.ceil(this.#expectUs(1) / 1000));
  }

  take(rows: number): Job | null {
    assert.ok(Number.isInteger(rows) && rows >= 1 && rows <= this.rowsMax, `rows ${rows}`);
    if (!this.#fits(rows)) this.makeRoom();
    const job = this.#fits(rows) && !this.#closing ? this.#jobs.take(rows) : null;
    if (job) this.#takenRows += rows;
    else this.stats.fail(this.#closing ? 'draining' : 'overloaded');
    return job;
  }

  makeRoom(): boolean {
    const before = this.#queue.rows;
    if (this.inline && !this.#closing) this.#pump();
    return this.#queue.rows < before;
  }

  giveBack(given: Job): void {
    const job = this.#jobs.own(given, 'taken');
    this.#takenRows -= job.rows;
    this.#jobs.giveBack(job);
  }

  submit(given: Job): void {
    const job = this.#jobs.own(given, 'taken');
    const nowUs = this.#parts.clock.nowUs();
    this.#takenRows -= job.rows;
    job.arrivedUs = nowUs;
    if (job.deadlineUs === Infinity) job.deadlineUs = nowUs + this.#timeoutUs;
    if (this.#closing) {
      this.#refuse(job, 'draining');
    } else if (job.deadlineUs !== Infinity && !this.#admits(job, nowUs)) {
      this.#refuse(job, 'deadline', this.retryAfterMs);
    } else {
      job.state = 'waiting';
      this.#queue.push(job);
      this.#timer.by(job.deadlineUs);
      if (!this.inline && this.#queue.rows >= this.rowsMax) this.#pump();
    }
    this.#askTurnEnd();
  }

  cancel(given: Job): boolean {
    const job = given as LaneJob;
    if (job.state !== 'waiting') return false;
    this.#queue.remove(job);
    this.#jobs.settleWithSlots(job, new ServeError('cancelled'));
    this.#tellQuiet();
    return true;
  }

  /**
   * Takes no more jobs and resolves when none is left. Those still waiting after `drainMs` settle
   * with `draining`; those running are waited for. Then the runner is closed.
   */
  async close(drainMs: number): Promise<void> {
    assert.ok(!this.#closing, 'a lane is closed once');
    this.#closing = true;
    const cancel = this.#parts.clock.after(drainMs * 1000, () => {
      for (let job = this.#queue.first; job; job = this.#queue.first) {
        this.#queue.remove(job);
        this.#refuse(job, 'draining');
      }
    });
    if (!this.#quiet) await new Promise<void>((resolve) => (this.#onQuiet = resolve));
    cancel();
    this.#timer.stop();
    await this.#parts.runner.close();
  }

  #fits(rows: number): boolean {
    return this.#queue.rows + this.#takenRows + rows <= this.#queueMax;
  }

  get #quiet(): boolean {
    return this.#queue.jobs + this.#running.length + this.#refused.count + this.#heldBatches === 0;
  }

  #endTurn(): void {
    this.#turnAsked = false;
    // Only those of before: who settles may submit again, and that belongs to the next turn.
    for (let left = this.#refused.count; left > 0; left -= 1) {
      const job = this.#refused.shift() as LaneJob;
      this.#jobs.settleWithSlots(job, job.refusal as ServeError);
    }
    this.#tellQuiet();
    this.#pump();
  }

  #wake(): void {
    this.#expire(this.#parts.clock.nowUs());
    this.#pump();
  }

  /** The one place that starts runs: asked at a turn's end, by a timer, when a runner is free. */
  #pump(): void {
    const { clock, runner } = this.#parts;
    const turnEndsUs = runner.inline ? clock.nowUs() + INLINE_TURN_US_MAX : Infinity;
    while (this.#queue.rows > 0 && runner.free > 0) {
      const nowUs = clock.nowUs();
      if (nowUs >= turnEndsUs) return this.#askTurnEnd();
      const { waitUs, reason } = this.#flush(nowUs);
      if (waitUs > 0) return this.#timer.by(nowUs + waitUs);
      this.#start(nowUs, reason);
    }
  }

  #flush(nowUs: number): { waitUs: number; reason: FlushReason } {
    const queue = this.#queue;
    const waits = this.#limits.delayUsMax > 0 && queue.rows < this.rowsMax;
    const waiting = {
      rows: queue.rows,
      oldestUs: queue.first?.arrivedUs ?? nowUs,
      deadlineUs: waits ? queue.earliestUs() : Infinity, // looked for only where it matters
    };
    const runUs = this.runTime.expectUs(Math.min(queue.rows, this.rowsMax));
    return flush(waiting, this.#parts.runner.free, runUs, nowUs, this.#limits);
  }

  #start(nowUs: number, reason: FlushReason): void {
    const batch = this.#freeBatches.pop() ?? this.#newBatch();
    for (let job = this.#queue.first; job; job = this.#queue.first) {
      const late = job.deadlineUs <= nowUs;
      if (!late && batch.rows + job.rows > this.rowsMax) break; // it heads the next batch
      this.#queue.remove(job);
      if (late) {
        this.#refuse(job, 'deadline');
        continue;
      }
      job.state = 'running';
      job.startedUs = nowUs;
      batch.add(job);
      if (batch.rows === this.rowsMax) break;
    }
    if (batch.rows === 0) {
      this.#freeBatches.push(batch); // all were late
      return;
    }
    batch.startedUs = nowUs;
    batch.inputNs = 0;
    batch.outputNs = 0;
    this.stats.batches[reason] += 1;
    this.stats.rows += batch.rows;
    this.stats.batchRows.record(batch.rows);
    this.#running.push(batch);
    this.#parts.runner.start(batch);
  }

  #newBatch(): Batch {
    return new Batch(
      this.rowsMax,
      (batch, failure, held) => this.#ended(batch, failure, held),
      (batch) => this.#released(batch),
    );
  }

  #ended(batch: Batch, failure: RunFailure | null, held: boolean): void {
    const endedUs = this.#parts.clock.nowUs();
    const runUs = endedUs - batch.startedUs;
    const at = this.#running.indexOf(batch);
    assert.ok(at >= 0, 'a run ends once');
    this.#running.splice(at, 1);
    if (failure === null) {
      this.runTime.observe(batch.rows, runUs);
      this.stats.runUs.record(runUs);
    }
    const { phases } = this.stats;
    batch.capPhases(runUs);
    const answers = !(failure instanceof ServeError); // of some rows at least
    if (answers) phases.ran(batch, endedUs, this.#parts.clock.wallMs());
    if (held) this.#heldBatches += 1;
    for (let i = 0; i < batch.jobCount; i += 1) {
      const job = batch.jobs[i];
      if (!job) continue; // its deadline passed during the run
      batch.jobs[i] = null;
      job.endedUs = endedUs;
      job.batchRows = batch.rows;
      const error = batch.errorOf(i, job.rows, failure);
      const late = error === null && endedUs > job.deadlineUs;
      if (error === null && !late) phases.answered(job.arrivedUs, batch, endedUs);
      else phases.failed(job.arrivedUs, endedUs);
      this.#jobs.settle(job, late ? new ServeError('deadline') : error);
    }
    if (!held) this.#reuse(batch);
  }

  #released(batch: Batch): void {
    this.#heldBatches -= 1;
    this.#reuse(batch);
  }

  #reuse(batch: Batch): void {
    this.#jobs.giveBackSlots(batch.slots, batch.rows);
    batch.rows = 0;
    batch.jobCount = 0;
    this.#freeBatches.push(batch);
    this.#tellQuiet();
  }

  /** Settles what has passed its deadline, waiting or running, and sets the timer for the next. */
  #expire(nowUs: number): void {
    let nextUs = Infinity;
    for (let job = this.#queue.first; job; ) {
      const { after } = job;
      if (job.deadlineUs <= nowUs) {
        this.#queue.remove(job);
        this.#refuse(job, 'deadline');
      } else {
        nextUs = Math.min(nextUs, job.deadlineUs);
      }
      job = after;
    }
    for (const batch of this.#running) {
      for (let i = 0; i < batch.jobCount; i += 1) {
        const job = batch.jobs[i];
        if (!job) continue;
        if (job.deadlineUs > nowUs) {
          nextUs = Math.min(nextUs, job.deadlineUs);
          continue;
        }
        batch.jobs[i] = null; // its slots stay with the batch: the run still writes to them
        job.endedUs = nowUs;
        job.batchRows = batch.rows;
        this.#jobs.settle(job, new ServeError('deadline'));
      }
    }
    this.#timer.by(nextUs);
  }

  #admits(job: LaneJob, nowUs: number): boolean {
    return admits(job.deadlineUs - nowUs, this.#expectUs(job.rows), this.#load);
  }

  #expectUs(rows: number): number {
    this.#load.rowsAhead = this.#queue.rows;
    this.#load.runs = this.#running.length;
    return expectedUs(rows, this.#load, this.rowsMax, this.#runUs);
  }

  #refuse(job: LaneJob, code: FailureCode, retryAfterMs?: number): void {
    job.state = 'refused';
    job.refusal = new ServeError(code, '', retryAfterMs === undefined ? {} : { retryAfterMs });
    this.#refused.push(job);
    this.#askTurnEnd();
  }

  #askTurnEnd(): void {
    if (this.#turnAsked) return;
    this.#turnAsked = true;
    this.#parts.turnEnd(this.#onTurnEnd);
  }

  #tellQuiet(): void {
    if (this.#onQuiet === null || !this.#quiet) return;
    this.#onQuiet();
    this.#onQuiet = null;
  }
}
