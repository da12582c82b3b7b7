import type { FailureCode } from '../core/errors.ts';
import { Histogram, type HistogramState } from '../core/histogram.ts';
import { BATCH_REASONS, type BatchReason } from '../core/inference.ts';
import type { Batch } from './batch.ts';
import type { LaneJob } from './job.ts';
import { PhaseStats, type PhaseSumsState } from './phase-stats.ts';

/** Jobs of one priority level that were answered: microseconds of each phase, mergeable. */
export class LevelStats {
  /** From submission to the start of the run. */
  readonly queueUs = new Histogram();
  /** Of the run that it was part of: its rows gathered, the model, its answers scattered. */
  readonly inputUs = new Histogram();
  readonly inferUs = new Histogram();
  readonly outputUs = new Histogram();
  /** From submission to the answer. */
  readonly requestUs = new Histogram();
}

const LEVEL_PHASES = ['queueUs', 'inputUs', 'inferUs', 'outputUs', 'requestUs'] as const;

/** What one lane has done, as plain values. */
export interface LaneStatsState {
  readonly answered: number;
  readonly failed: Partial<Record<FailureCode, number>>;
  readonly rows: number;
  readonly paddedRows: number;
  readonly batches: Record<BatchReason, number>;
  readonly batchRows: HistogramState;
  readonly runUs: HistogramState;
  readonly levels: readonly (readonly HistogramState[])[]; // each as `LEVEL_PHASES` has them
  readonly phases: PhaseSumsState;
}

/** What one lane has done since it was made. The lane adds, `/metrics` reads. */
export class LaneStats {
  /** Jobs by how they ended. */
  answered = 0;
  readonly failed: Partial<Record<FailureCode, number>> = {};
  /** Rows that ran, and runs: their ratio is the average batch. */
  rows = 0;
  /** Rows that runs had besides, to be of an allowed size. */
  paddedRows = 0;
  /** Runs by why they left. */
  readonly batches: Record<BatchReason, number> = {
    full: 0, preferred: 0, bucket: 0, deadline: 0, delay: 0, idle: 0,
  };
  readonly batchRows = new Histogram();
  /** Microseconds, of every run; the hop to a worker and back is included. */
  readonly runUs = new Histogram();
  /** By priority level, the most urgent first. */
  readonly levels: readonly LevelStats[];

  /** The same to the nanosecond, by phase and by size of the run. */
  readonly phases: PhaseStats;

  constructor(rowsMax = 1, levels = 1) {
    this.phases = new PhaseStats(rowsMax);
    this.levels = Array.from({ length: levels }, () => new LevelStats());
  }

  /** Microseconds in the queue, of every job that was answered. */
  get queueUs(): Histogram {
    return this.#merged('queueUs');
  }

  /** Microseconds from submission to answer. */
  get requestUs(): Histogram {
    return this.#merged('requestUs');
  }

  /** A job of the run is answered. */
  answeredJob(batch: Batch, job: LaneJob): void {
    const level = this.levels[job.level] as LevelStats;
    level.queueUs.record(batch.startedUs - job.arrivedUs);
    level.requestUs.record(batch.endedUs - job.arrivedUs);
    batch.answered(job);
  }

  /** All of the run's are: what they have in common is counted once for them all. */
  answeredBatch(batch: Batch): void {
    this.answered += batch.answers;
    this.phases.answered(batch.answers, batch.queuedNs, batch, batch.endedUs);
    const [inputUs, outputUs] = [batch.inputNs / 1000, batch.outputNs / 1000];
    const inferUs = batch.endedUs - batch.startedUs - inputUs - outputUs;
    for (let at = 0; at < this.levels.length; at += 1) {
      const count = batch.answersOf[at] as number;
      if (count === 0) continue;
      const level = this.levels[at] as LevelStats;
      level.inputUs.record(inputUs, count);
      level.inferUs.record(inferUs, count);
      level.outputUs.record(outputUs, count);
    }
  }

  /** As another thread can be sent it. */
  get state(): LaneStatsState {
    const { answered, failed, rows, paddedRows, batches, batchRows, runUs, levels, phases } = this;
    return {
      answered, failed, rows, paddedRows, batches, phases,
      batchRows: batchRows.state,
      runUs: runUs.state,
      levels: levels.map((level) => LEVEL_PHASES.map((phase) => level[phase].state)),
    };
  }

  /** Adds what a lane of the same model has done on another thread. */
  add(other: LaneStatsState): void {
    this.answered += other.answered;
    this.rows += other.rows;
    this.paddedRows += other.paddedRows;
    for (const [code, count] of Object.entries(other.failed) as [FailureCode, number][]) {
      this.failed[code] = (this.failed[code] ?? 0) + count;
    }
    for (const reason of BATCH_REASONS) this.batches[reason] += other.batches[reason];
    this.batchRows.add(other.batchRows);
    this.runUs.add(other.runUs);
    other.levels.forEach((phases, at) => {
      phases.forEach((state, phase) => {
        this.levels[at]?.[LEVEL_PHASES[phase] as keyof LevelStats].add(state);
      });
    });
    this.phases.add(other.phases);
  }

  fail(code: FailureCode): void {
    this.failed[code] = (this.failed[code] ?? 0) + 1;
  }

  #merged(phase: keyof LevelStats): Histogram {
    const merged = new Histogram();
    for (const level of this.levels) merged.merge(level[phase]);
    return merged;
  }
}
