/**
 * Where the time of a lane's requests went, in whole nanoseconds, so that the sums add up to the
 * last digit: of those that were answered, `successNs` is `queueNs + inputNs + inferNs + outputNs`;
 * `rows` and `runs` are the sums over the sizes. Memory is taken at once; recording allocates
 * nothing.
 */
export class PhaseStats {
  /** Requests that were answered. */
  successes = 0;
  queueNs = 0;
  inputNs = 0;
  inferNs = 0;
  outputNs = 0;
  /** Of requests that failed in a run; those that were refused took none. */
  failNs = 0;
  /** Runs that answered, and their rows. */
  runs = 0;
  rows = 0;
  /** Milliseconds since 1970; 0 before the first. */
  lastMs = 0;
  /** Runs of so many rows, and where their time went; place 0 is nobody's. */
  readonly sizeRuns: Float64Array;
  readonly sizeInputNs: Float64Array;
  readonly sizeInferNs: Float64Array;
  readonly sizeOutputNs: Float64Array;

  constructor(rowsMax: number) {
    this.sizeRuns = new Float64Array(rowsMax + 1);
    this.sizeInputNs = new Float64Array(rowsMax + 1);
    this.sizeInferNs = new Float64Array(rowsMax + 1);
    this.sizeOutputNs = new Float64Array(rowsMax + 1);
  }

  get successNs(): number {
    return this.queueNs + this.inputNs + this.inferNs + this.outputNs;
  }

  /** A run answered. */
  ran(
    { jobRows: rows, startedUs, inputNs, outputNs }: TimedRun, endedUs: number, atMs: number,
  ): void {
    this.runs += 1;
    this.rows += rows;
    this.lastMs = atMs;
    add(this.sizeRuns, rows, 1);
    add(this.sizeInputNs, rows, inputNs);
    add(this.sizeOutputNs, rows, outputNs);
    add(this.sizeInferNs, rows, inferNs(startedUs, endedUs, inputNs, outputNs));
  }

  /**
   * A run answered `count` requests, which had waited `queuedNs` in all, each as `queuedNs` has it.
   */
  answered(count: number, queuedNs: number, run: TimedRun, endedUs: number): void {
    if (count === 0) return;
    const { startedUs, inputNs, outputNs } = run;
    this.successes += count;
    this.queueNs += queuedNs;
    this.inputNs += inputNs * count;
    this.outputNs += outputNs * count;
    this.inferNs += inferNs(startedUs, endedUs, inputNs, outputNs) * count;
  }

  /** Adds what was counted on another thread. */
  add(other: PhaseSumsState): void {
    for (const sum of SUMS) this[sum] += other[sum];
    this.lastMs = Math.max(this.lastMs, other.lastMs);
    for (const sizes of SIZES) {
      other[sizes].forEach((value, rows) => add(this[sizes], rows, value));
    }
  }

  /** A request failed in a run. */
  failed(arrivedUs: number, endedUs: number): void {
    this.failNs += toNs(endedUs) - toNs(arrivedUs);
  }
}

const SUMS = [
  'successes', 'queueNs', 'inputNs', 'inferNs', 'outputNs', 'failNs', 'runs', 'rows',
] as const;
const SIZES = ['sizeRuns', 'sizeInputNs', 'sizeInferNs', 'sizeOutputNs'] as const;

/** The fields of a `PhaseStats`, which is what is left of one on another thread. */
export type PhaseSumsState =
  Pick<PhaseStats, (typeof SUMS)[number] | (typeof SIZES)[number] | 'lastMs'>;

/** A run with what its runner measured inside it: rows gathered before, and scattered after. */
export interface TimedRun {
  readonly jobRows: number; // without those that fill it up
  readonly startedUs: number;
  readonly inputNs: number;
  readonly outputNs: number;
}

/** How long a request waited, in whole nanoseconds. */
export function queuedNs(arrivedUs: number, startedUs: number): number {
  return toNs(startedUs) - toNs(arrivedUs);
}

/** What is neither gathering nor scattering; the hop to a worker and back is part of it. */
function inferNs(startedUs: number, endedUs: number, inputNs: number, outputNs: number): number {
  return toNs(endedUs) - toNs(startedUs) - inputNs - outputNs;
}

function toNs(us: number): number {
  return Math.round(us * 1000);
}

function add(sums: Float64Array, at: number, value: number): void {
  sums[at] = (sums[at] as number) + value;
}
