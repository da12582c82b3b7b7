/**
 * When a batch leaves, and who is let in: pure decisions over numbers. The lane acts on them.
 */

/** Node's timers are this much late at worst; a run aimed at a deadline starts so much earlier. */
export const TIMER_SLACK_US = 1000;

/** Why a batch left: counted, and shown by `/metrics`. */
export const FLUSH_REASONS = ['full', 'idle', 'deadline', 'delay'] as const;
export type FlushReason = (typeof FLUSH_REASONS)[number];

export interface Waiting {
  readonly rows: number; // rows that wait
  readonly oldestUs: number; // when the oldest of them came
  readonly deadlineUs: number; // the earliest deadline among them; Infinity for none
}

export interface BatchLimits {
  readonly rowsMax: number; // rows in one run
  readonly delayUsMax: number; // longest wait of the oldest row for company; 0 is none
}

export interface Flush {
  readonly waitUs: number; // 0 is now, Infinity is not before something happens
  readonly reason: FlushReason;
}

const NEVER: Flush = { waitUs: Infinity, reason: 'idle' };
const NOW: Readonly<Record<FlushReason, Flush>> = {
  full: { waitUs: 0, reason: 'full' },
  idle: { waitUs: 0, reason: 'idle' },
  deadline: { waitUs: 0, reason: 'deadline' },
  delay: { waitUs: 0, reason: 'delay' },
};

/**
 * When the waiting rows should run. With no runner free there is nothing to decide: the end of a
 * run asks again. With one free, rows wait only where the model asks for it (`delayUsMax`): a
 * timer for its own sake costs a lone request more than the company brings.
 * `runUs` is how long the run is expected to take.
 */
export function flush(
  waiting: Waiting, runnersFree: number, runUs: number, nowUs: number, limits: BatchLimits,
): Flush {
  if (waiting.rows === 0 || runnersFree === 0) return NEVER;
  if (waiting.rows >= limits.rowsMax) return NOW.full;
  if (limits.delayUsMax === 0) return NOW.idle;
  const delayUs = waiting.oldestUs + limits.delayUsMax - nowUs;
  const slackUs = waiting.deadlineUs - runUs - TIMER_SLACK_US - nowUs;
  if (slackUs <= 0) return NOW.deadline;
  if (delayUs <= 0) return NOW.delay;
  return slackUs < delayUs
    ? { waitUs: slackUs, reason: 'deadline' }
    : { waitUs: delayUs, reason: 'delay' };
}

export interface Load {
  readonly rowsAhead: number; // rows that wait
  readonly runs: number; // runs in flight
  readonly runsMax: number; // runs that can be in flight at once
}

/**
 * Microseconds until a job of `rows` that came now would be answered: the full batches ahead of it
 * shared among the runners, half a run for what is in flight, and its own run.
 */
export function expectedUs(
  rows: number, load: Load, rowsMax: number, runUs: (rows: number) => number,
): number {
  const batchesAhead = Math.floor((load.rowsAhead + rows - 1) / rowsMax);
  const busy = load.runs >= load.runsMax;
  const fullUs = runUs(rowsMax);
  const waitUs = ((busy ? 0.5 : 0) + batchesAhead) * (fullUs / load.runsMax);
  return waitUs + runUs(Math.min(rowsMax, load.rowsAhead + rows));
}

/**
 * Whether a job can still meet its deadline. A lane with nothing ahead lets every job try whose
 * deadline has not passed: else one slow run could teach it to refuse for ever.
 */
export function admits(leftUs: number, expectedAnswerUs: number, load: Load): boolean {
  if (leftUs <= 0) return false;
  if (load.rowsAhead === 0 && load.runs === 0) return true;
  return expectedAnswerUs <= leftUs;
}
