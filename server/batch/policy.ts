/**
 * When a batch leaves and with how many rows, whose turn it is, and who is let in: pure decisions
 * over numbers. The lane acts on them.
 */
import type { BatchReason } from '../core/inference.ts';

/** Node's timers are this much late at worst; a run aimed at a deadline starts so much earlier. */
export const TIMER_SLACK_US = 1000;

/**
 * A job without a deadline, or with a far one, takes its turn as if it had to be answered after
 * this long: those in a hurry go first, but not for ever.
 */
export const PATIENCE_US = 1_000_000;

/** A wait is let in as long as expected, and this share of it more: runs and neighbours vary. */
const WAIT_MARGIN = 1 / 8;

export interface Waiting {
  readonly rows: number; // rows that wait
  readonly oldestUs: number; // when the oldest of them came
  readonly deadlineUs: number; // the earliest deadline among them; Infinity for none
}

export interface BatchLimits {
  readonly rowsMax: number; // rows in one run
  readonly delayUsMax: number; // longest wait of the oldest row; 0 is none
  readonly preferred: readonly number[]; // sizes worth leaving at once for, ascending
  readonly allowed: readonly number[]; // sizes that a run may have, ascending; none: every one
}

export interface Flush {
  readonly waitUs: number; // 0 is now, Infinity is not before something happens
  readonly reason: BatchReason;
  readonly rows: number; // that may leave
}

type RunUs = (rows: number) => number;

const NEVER: Flush = { waitUs: Infinity, reason: 'idle', rows: 0 };

/**
 * When the waiting rows should run. With no runner free there is nothing to decide: the end of a
 * run asks again. With one free, rows wait only where the model asks for it (`delayUsMax`): a
 * timer for its own sake costs a lone request more than the company brings. A preferred size
 * leaves as soon as it is there, the largest that is, and no row more than that.
 */
export function flush(
  waiting: Waiting, runnersFree: number, runUs: RunUs, nowUs: number, limits: BatchLimits,
): Flush {
  if (waiting.rows === 0 || runnersFree === 0) return NEVER;
  const rows = Math.min(waiting.rows, limits.rowsMax);
  const preferred = largestWithin(limits.preferred, rows);
  if (preferred > 0) {
    return now(preferred === limits.rowsMax ? 'full' : 'preferred', preferred, runUs, limits);
  }
  if (rows === limits.rowsMax) return now('full', rows, runUs, limits);
  if (limits.delayUsMax === 0) return now('idle', rows, runUs, limits);
  const delayUs = waiting.oldestUs + limits.delayUsMax - nowUs;
  const slackUs = waiting.deadlineUs - runUs(rows) - TIMER_SLACK_US - nowUs;
  if (slackUs <= 0) return now('deadline', rows, runUs, limits);
  if (delayUs <= 0) return now('delay', rows, runUs, limits);
  return slackUs < delayUs
    ? { waitUs: slackUs, reason: 'deadline', rows }
    : { waitUs: delayUs, reason: 'delay', rows };
}

function now(reason: BatchReason, rows: number, runUs: RunUs, { allowed }: BatchLimits): Flush {
  const taken = bucketRows(rows, allowed, runUs);
  return { waitUs: 0, reason: taken < rows ? 'bucket' : reason, rows: taken };
}

/**
 * How many of `rows` leave where a run may have certain sizes only: all of them, filled up to the
 * next size, or as many as the size below holds, where two runs are expected to take less time.
 */
export function bucketRows(rows: number, allowed: readonly number[], runUs: RunUs): number {
  const below = largestWithin(allowed, rows);
  if (below === 0 || below === rows) return rows;
  const apartUs = runUs(below) + runUs(paddedRows(rows - below, allowed));
  return runUs(paddedRows(rows, allowed)) <= apartUs ? rows : below;
}

/** The size of the run that `rows` rows have: the rest is filled up with what nobody reads. */
export function paddedRows(rows: number, allowed: readonly number[]): number {
  for (const size of allowed) if (size >= rows) return size;
  return rows;
}

/** The largest of `sizes` (ascending) that is at most `rows`; 0 for none. */
function largestWithin(sizes: readonly number[], rows: number): number {
  let best = 0;
  for (const size of sizes) if (size <= rows) best = size;
  return best;
}

/**
 * What a job's turn goes by: the earliest deadline first. `limitUs` is by when it must have
 * started or be answered; Infinity for never.
 */
export function orderUs(arrivedUs: number, limitUs: number): number {
  return Math.min(limitUs, arrivedUs + PATIENCE_US);
}

export interface Load {
  readonly rowsAhead: number; // rows that wait and go first
  readonly runs: number; // runs in flight
  readonly runsMax: number; // runs that can be in flight at once
}

/**
 * Microseconds until a job of `rows` that came now would be answered: the full batches ahead of it
 * shared among the runners, half a run for what is in flight, and its own run.
 */
export function expectedUs(rows: number, load: Load, rowsMax: number, runUs: RunUs): number {
  const batchesAhead = Math.floor((load.rowsAhead + rows - 1) / rowsMax);
  const busy = load.runs >= load.runsMax;
  const fullUs = runUs(rowsMax);
  const waitUs = ((busy ? 0.5 : 0) + batchesAhead) * (fullUs / load.runsMax);
  return waitUs * (1 + WAIT_MARGIN) + runUs(Math.min(rowsMax, load.rowsAhead + rows));
}

/**
 * Whether a job can still meet its deadline; `spreadUs` is how far a run is usually off what is
 * expected of it. A lane with nothing ahead lets every job try whose deadline has not passed: else
 * one slow run could teach it to refuse for ever.
 */
export function admits(
  leftUs: number, expectedAnswerUs: number, spreadUs: number, load: Load,
): boolean {
  if (leftUs <= 0) return false;
  if (load.rowsAhead === 0 && load.runs === 0) return true;
  return expectedAnswerUs + spreadUs <= leftUs;
}

/** What to do with a job whose turn has come, in a batch that is expected to end at `doneUs`. */
export function verdict(
  deadlineUs: number, startByUs: number, nowUs: number, doneUs: number,
): 'run' | 'late' | 'overdue' | 'hopeless' {
  if (deadlineUs <= nowUs) return 'late';
  if (startByUs <= nowUs) return 'overdue';
  return deadlineUs < doneUs ? 'hopeless' : 'run';
}
