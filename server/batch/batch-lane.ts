import assert from 'node:assert/strict';
import { type ModelConfig, type QueuePolicy, rowsOfRun } from '../catalog/model-config.ts';
import { type FailureCode, ServeError } from '../core/errors.ts';
import { Ring } from '../core/ring.ts';
import type { Slab } from '../core/slab.ts';
import { Admission } from './admission.ts';
import { Batch } from './batch.ts';
import { batchLimits, Expectation } from './expectation.ts';
import { Filling } from './filling.ts';
import { JobPool } from './job-pool.ts';
import { JobQueue } from './job-queue.ts';
import type { LaneJob } from './job.ts';
import type { Job, Lane, LaneTensor } from './lane.ts';
import { laneTensor } from './lane-memory.ts';
import type { LaneParts } from './lane-parts.ts';
import { LaneStats } from './lane-stats.ts';
import { type BatchLimits, flush, type Flush, paddedRows } from './policy.ts';
import { levelPolicies } from './queue-policy.ts';
import { hintMs, Refusals } from './refusals.ts';
import { RunTime } from './run-time.ts';
import type { RunFailure } from './runner.ts';
import { WakeTimer } from './wake-timer.ts';

/** An inline lane gives way to the sockets after this long; the rest runs in the next turn. */
const INLINE_TURN_US_MAX = 1000;

/**
 * Gathers jobs into runs: the most urgent level first, within it the earliest deadline, then who
 * came first. Submissions of one event-loop turn leave together from its end; a full batch leaves
 * at once where a worker is free. Every job settles exactly once, from the turn's end, a timer, or
 * the end of a run.
 */
export class BatchLane implements Lane {
  readonly model: string;
  readonly version: string;
  readonly config: ModelConfig;
  readonly inputs: readonly LaneTensor[];
  readonly outputs: readonly LaneTensor[];
  readonly loose: Lane['loose'];
  readonly rowsMax: number;
  settling: Batch | null = null;
  readonly stats: LaneStats;
  readonly runTime: RunTime;

  readonly #parts: LaneParts;
  readonly #limits: BatchLimits;
  readonly #policies: readonly QueuePolicy[];
  readonly #ordered: boolean; // answers leave in order of arrival
  readonly #queue: JobQueue;
  readonly #refused: Ring<LaneJob>; // to be settled at the turn's end
  readonly #refusals = new Refusals();
  readonly #running: Batch[] = []; // in the order in which they started
  readonly #jobs: JobPool;
  readonly #timer: WakeTimer;
  readonly #freeBatches: Batch[] = [];
  readonly #expect: Expectation;
  readonly #admission: Admission;
  readonly #filling: Filling;
  readonly #onEnded = (batch: Batch, failure: RunFailure | null, held: boolean): void =>
    this.#ended(batch, failure, held);
  readonly #onReleased = (batch: Batch): void => {
    this.#heldBatches -= 1;
    this.#reuse(batch);
  };
  readonly #onTurnEnd = (): void => this.#endTurn();
  #takenRows = 0;
  #heldBatches = 0;
  #turnAsked = false;
  #closing = false;
  #onQuiet: (() => void) | null = null;

  constructor(parts: LaneParts) {
    const { config, slab } = parts;
    const batching = config.dynamic_batching;
    this.#parts = parts;
    ({ model: this.model, version: this.version, config: this.config, loose: this.loose } = parts);
    this.rowsMax = rowsOfRun(config);
    this.inputs = config.input.map((tensor, at) => laneTensor(tensor, slab, at));
    this.outputs = config.output.map((t, at) => laneTensor(t, slab, config.input.length + at));
    this.runTime = parts.runTime ?? new RunTime();
    this.#limits = batchLimits(config, this.rowsMax);
    this.#policies = levelPolicies(batching);
    this.#ordered = batching.preserve_ordering;
    this.#queue = new JobQueue(this.#policies.length);
    this.stats = new LaneStats(this.rowsMax, this.#policies.length);
    this.#refused = new Ring(slab.layout.slots); // a job holds at least one slot
    this.#jobs = new JobPool(slab, this.stats);
    this.#timer = new WakeTimer(
      parts.clock, () => (this.#expire(parts.clock.nowUs()), this.#pump()),
    );
    this.#expect = new Expectation(this.#limits, this.runTime, parts.runner.runsMax);
    this.#admission = new Admission(config, this.#policies, this.#queue, this.#expect);
    this.#filling = new Filling(this.#queue, this.#expect, this.runTime, {
      passed: (job, late) => this.#passed(job, late),
      hopeless: (job) => this.#refuse(job, 'deadline'),
    });
    parts.runner.onFree = () => this.#pump();
  }

  get inline(): boolean {
    return this.#parts.runner.inline;
  }
  /** Why its requests fail until further notice; undefined while they can be answered. */
  get trouble(): string | undefined {
    return this.#parts.runner.trouble;
  }
  /** Opens its model on another thread, where others can have the same. */
  get token(): bigint | undefined {
    return this.#parts.runner.token;
  }
  /** Its own until it is closed. */
  get slab(): Slab {
    return this.#parts.slab;
  }
  /** Of the rows that wait and run, inputs and outputs. */
  get memoryBytes(): number {
    return this.#parts.slab.memory.byteLength + (this.loose?.bytes ?? 0);
  }
  get waitingRows(): number {
    return this.#queue.rows;
  }
  get runningRows(): number {
    return this.#running.reduce((rows, batch) => rows + batch.jobRows, 0);
  }
  get freeSlots(): number {
    return this.#parts.slab.freeCount;
  }
  /** Milliseconds after which a refused caller may find room. */
  get retryAfterMs(): number {
    return hintMs(this.#expect.answerUs(1, this.#queue.rows));
  }
  waitingJobs(level: number): number {
    return this.#queue.levels[level]?.jobs ?? 0;
  }

  take(rows: number): Job | null {
    if (!(Number.isInteger(rows) && rows >= 1 && rows <= this.rowsMax)) assert.fail(`rows ${rows}`);
    if (!this.#fits(rows)) this.makeRoom();
    const job = this.#fits(rows) && !this.#closing ? this.#jobs.take(rows) : null;
    if (job) this.#takenRows += rows;
    else this.stats.fail(this.#closing ? 'draining' : 'overloaded');
    return job;
  }

  refuse(rows: number, deadlineUs: number, priority: number, timeoutUs: number): ServeError | null {
    const short = this.inline || this.#queue.rows < this.rowsMax; // it hardly ever refuses
    if (short || deadlineUs === Infinity) return null;
    const nowUs = this.#parts.clock.nowUs();
    if (this.#admission.wouldBeInTime(rows, deadlineUs, priority, timeoutUs, nowUs)) return null;
    this.stats.fail('deadline');
    return this.#refusals.of('deadline', this.retryAfterMs);
  }

  makeRoom(): boolean {
    const before = this.#queue.rows;
    if (this.inline && !this.#closing) this.#pump();
    return this.#queue.rows < before;
  }

  runFull(): void {
    if (this.inline && this.#queue.rows >= this.rowsMax) this.#pump();
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
    this.#admission.place(job, nowUs);
    const refusal = this.#closing ? 'draining' : this.#admission.refusal(job, nowUs);
    if (refusal !== null) {
      this.#refuse(job, refusal);
    } else {
      job.state = 'waiting';
      this.#queue.push(job);
      this.#timer.by(job.limitUs);
      if (!this.inline && this.#queue.rows >= this.rowsMax) this.#pump();
    }
    this.#askTurnEnd();
  }

  cancel(given: Job): boolean {
    const job = given as LaneJob;
    if (job.state !== 'waiting') return false;
    this.#queue.remove(job);
    this.#jobs.settleWithSlots(job, this.#refusals.of('cancelled'));
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
    const cancel = this.#parts.clock.after(drainMs * 1000, () => this.#refuseAll());
    if (!this.#quiet) await new Promise<void>((resolve) => (this.#onQuiet = resolve));
    cancel();
    this.#timer.stop();
    await this.#parts.runner.close();
  }

  #refuseAll(): void {
    for (let job = this.#queue.first; job; job = this.#queue.first) {
      this.#queue.remove(job);
      this.#refuse(job, 'draining');
    }
  }

  #fits(rows: number): boolean {
    return this.#queue.rows + this.#takenRows + rows <= this.config.dynamic_batching.max_queue_size;
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

  /** The one place that starts runs: asked at a turn's end, by a timer, when a runner is free. */
  #pump(): void {
    const { clock, runner } = this.#parts;
    const turnEndsUs = runner.inline ? clock.nowUs() + INLINE_TURN_US_MAX : Infinity;
    while (this.#queue.rows > 0 && runner.free > 0) {
      const nowUs = clock.nowUs();
      if (nowUs >= turnEndsUs) return this.#askTurnEnd();
      const leaves = this.#flush(nowUs);
      if (leaves.waitUs > 0) return this.#timer.by(nowUs + leaves.waitUs);
      this.#start(nowUs, leaves);
    }
  }

  #flush(nowUs: number): Flush {
    const queue = this.#queue;
    const waits = this.#limits.delayUsMax > 0 && queue.rows < this.rowsMax; // else of no matter
    const waiting = {
      rows: queue.rows,
      oldestUs: waits ? queue.oldestUs : nowUs,
      deadlineUs: waits ? queue.limitUs : Infinity,
    };
    return flush(waiting, this.#parts.runner.free, this.#expect.runUs, nowUs, this.#limits);
  }

  #start(nowUs: number, { reason, rows }: Flush): void {
    const batch = this.#freeBatches.pop() ??
      new Batch(this.rowsMax, this.#policies.length, this.#onEnded, this.#onReleased);
    batch.reason = reason;
    this.#filling.fill(batch, nowUs, rows);
    if (batch.rows === 0) return void this.#freeBatches.push(batch); // all were late
    batch.start(nowUs);
    this.stats.batches[reason] += 1;
    this.stats.rows += batch.rows;
    this.stats.batchRows.record(batch.rows);
    const runRows = paddedRows(batch.rows, this.#limits.allowed);
    this.stats.paddedRows += runRows - batch.rows;
    if (runRows > batch.rows) batch.pad(runRows);
    this.#running.push(batch);
    this.#expect.started();
    this.#parts.runner.start(batch);
  }

  /** A limit of a waiting job has passed: it leaves the queue, or stays behind the others. */
  #passed(job: LaneJob, late: boolean): void {
    const policy = this.#policies[job.level] as QueuePolicy;
    if (!late && policy.timeout_action === 'DELAY') return this.#queue.delay(job);
    this.#queue.remove(job);
    this.#refuse(job, 'deadline');
  }

  #ended(batch: Batch, failure: RunFailure | null, held: boolean): void {
    const running = this.#running;
    const at = running.indexOf(batch);
    assert.ok(at >= 0 && batch.endedUs === Infinity, 'a run ends once');
    batch.endedUs = this.#parts.clock.nowUs();
    this.#expect.ended();
    const runUs = batch.endedUs - batch.startedUs;
    if (failure === null) {
      this.runTime.observe(batch.rows, runUs);
      this.stats.runUs.record(runUs);
    }
    batch.capPhases(runUs);
    const answers = !(failure instanceof ServeError); // of some rows at least
    if (answers) this.stats.phases.ran(batch, batch.endedUs, this.#parts.clock.wallMs());
    if (held) this.#heldBatches += 1;
    if (this.#ordered && failure === null && at > 0) return; // it waits for those before it
    running.splice(at, 1);
    this.#settle(batch, failure);
    if (!held) this.#reuse(batch);
    if (!this.#ordered) return;
    for (let next = running[0]; next && next.endedUs < Infinity; next = running[0]) {
      running.shift();
      this.#settle(next, null);
      this.#reuse(next);
    }
  }

  #settle(batch: Batch, failure: RunFailure | null): void {
    const { endedUs } = batch;
    this.settling = batch;
    for (let i = 0; i < batch.jobCount; i += 1) {
      const job = batch.jobs[i];
      if (!job) continue; // its deadline passed during the run
      batch.jobs[i] = null;
      batch.leave(job, endedUs);
      const error = batch.errorOf(i, job.rows, failure);
      const late = error === null && endedUs > job.deadlineUs;
      if (error === null && !late) this.stats.answeredJob(batch, job);
      else this.stats.phases.failed(job.arrivedUs, endedUs);
      this.#jobs.settle(job, late ? this.#refusals.of('deadline', this.retryAfterMs) : error);
    }
    this.stats.answeredBatch(batch);
  }

  #reuse(batch: Batch): void {
    this.#jobs.giveBackSlots(batch.slots, batch.jobRows);
    batch.reset();
    this.#freeBatches.push(batch);
    this.#tellQuiet();
  }

  /** Settles what has passed its limit, waiting or running, and sets the timer for the next. */
  #expire(nowUs: number): void {
    for (const job of this.#queue.overdue(nowUs)) this.#passed(job, job.deadlineUs <= nowUs);
    let nextUs = this.#queue.nextLimitUs(nowUs);
    for (const batch of this.#running) {
      for (let i = 0; i < batch.jobCount; i += 1) {
        const job = batch.jobs[i];
        if (!job) continue;
        if (job.deadlineUs > nowUs) {
          nextUs = Math.min(nextUs, job.deadlineUs);
          continue;
        }
        batch.jobs[i] = null; // its slots stay with the batch: the run still writes to them
        batch.leave(job, nowUs);
        this.#jobs.settle(job, this.#refusals.of('deadline', this.retryAfterMs));
      }
    }
    this.#timer.by(nextUs);
  }

  #refuse(job: LaneJob, code: FailureCode): void {
    job.state = 'refused';
    job.refusal = this.#refusals.of(code, code === 'draining' ? undefined : this.retryAfterMs);
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
