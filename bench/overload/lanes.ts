/**
 * The scheduler in overload, without sockets: lanes of a host in this process, its workers beside.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Job, Lane } from '../../server/batch/lane.ts';
import { Histogram } from '../../server/core/histogram.ts';
import { Prng } from '../../server/core/prng.ts';

/** How the jobs of an open loop ended; times in microseconds. */
export interface LaneTally {
  readonly submitted: number;
  /** Answered, and within its deadline by the caller's clock. */
  readonly good: number;
  readonly answered: number;
  readonly refused: number;
  readonly seconds: number;
  readonly latencyUs: Histogram; // of answers
}

export interface OpenLoop {
  readonly rate: number; // jobs of one row a second
  readonly seconds: number;
  readonly seed: number;
  readonly deadlinesUs: readonly number[]; // one of them at random
  /** Whether the lane is told; else only the caller looks at it. */
  readonly told: boolean;
}

/** Jobs arrive on a Poisson schedule, whatever becomes of them. Resolves when all have settled. */
export async function openLoop(lane: Lane, plan: OpenLoop): Promise<LaneTally> {
  const prng = new Prng(plan.seed);
  const latencyUs = new Histogram();
  const tally = { submitted: 0, good: 0, answered: 0, refused: 0 };
  let open = 0;
  const startUs = nowUs();
  const endUs = startUs + plan.seconds * 1e6;
  let dueUs = startUs;
  const submit = (atUs: number): void => {
    tally.submitted += 1;
    const deadlineUs = atUs + prng.pick(plan.deadlinesUs);
    const job = lane.take(1);
    if (!job) return void (tally.refused += 1);
    if (plan.told) job.deadlineUs = deadlineUs;
    job.onSettled = (_, error) => {
      open -= 1;
      if (error) return void (tally.refused += 1);
      const endedUs = nowUs();
      tally.answered += 1;
      if (endedUs <= deadlineUs) tally.good += 1;
      latencyUs.record(endedUs - atUs);
    };
    open += 1;
    lane.submit(job);
  };
  while (dueUs < endUs || open > 0) {
    for (const now = nowUs(); dueUs <= now && dueUs < endUs; ) {
      submit(dueUs);
      dueUs += (-Math.log(1 - prng.float()) / plan.rate) * 1e6;
    }
    await tick();
  }
  return { ...tally, seconds: (nowUs() - startUs) / 1e6, latencyUs };
}

/** Rows a second that the lane answers while `depth` wait. */
export async function capacity(lane: Lane, depth: number, seconds: number): Promise<number> {
  const startUs = nowUs();
  const endUs = startUs + seconds * 1e6;
  let open = 0;
  let done = 0;
  const submit = (): void => {
    const job = lane.take(1) as Job;
    job.onSettled = () => {
      open -= 1;
      done += 1;
      if (nowUs() < endUs) submit();
    };
    open += 1;
    lane.submit(job);
  };
  for (let i = 0; i < depth; i += 1) submit();
  while (open > 0) await tick();
  return (done / (nowUs() - startUs)) * 1e6;
}

/** What the front end feels of a model that runs for long: everything in microseconds. */
export interface Stall {
  readonly runUs: number;
  readonly loopDelayP99Us: number;
  /** How late those were told whose deadline passed while they waited. */
  readonly lateUs: Histogram;
  /** How late plain timers were that were set for the same moments: the machine's part of it. */
  readonly timerLateUs: Histogram;
  /** How much later than its own plain timer each was told: the lane's part of it. */
  readonly laterUs: Histogram;
}

/** Keeps the lane's worker busy with full batches; behind them wait jobs whose deadlines pass. */
export async function stall(lane: Lane, seconds: number): Promise<Stall> {
  const prng = new Prng(5);
  const lateUs = new Histogram();
  const timerLateUs = new Histogram();
  const laterUs = new Histogram();
  const runUs = new Histogram();
  const endUs = nowUs() + seconds * 1e6;
  let open = 0;
  const fill = (): void => {
    const job = lane.take(lane.rowsMax) as Job;
    job.onSettled = (done) => {
      open -= 1;
      runUs.record(done.endedUs - done.startedUs);
      if (nowUs() < endUs) fill();
    };
    open += 1;
    lane.submit(job);
  };
  fill();
  await new Promise((resolve) => setTimeout(resolve, 20)); // the first runs, the rest wait
  fill();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  while (nowUs() < endUs) {
    for (let i = 0; i < 4; i += 1) {
      const job = lane.take(1);
      if (!job) break;
      const dueUs = nowUs() + 2000 + prng.below(40_000);
      job.timeoutUs = dueUs - nowUs();
      const told = { byTimer: 0, byLane: 0 };
      const compare = (): void => {
        if (told.byTimer > 0 && told.byLane > 0) {
          laterUs.record(Math.max(0, told.byLane - told.byTimer));
        }
      };
      setTimeout(() => {
        told.byTimer = nowUs();
        timerLateUs.record(told.byTimer - dueUs);
        compare();
      }, Math.ceil(job.timeoutUs / 1000));
      job.onSettled = (_, error) => {
        open -= 1;
        if (error?.code !== 'deadline') return;
        told.byLane = nowUs();
        lateUs.record(told.byLane - dueUs);
        compare();
      };
      open += 1;
      lane.submit(job);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  delay.disable();
  while (open > 0) await tick();
  return {
    runUs: runUs.percentile(0.5), loopDelayP99Us: delay.percentile(99) / 1000,
    lateUs, timerLateUs, laterUs,
  };
}

/** About a millisecond, in which this thread leaves the cores to the workers. */
function tick(): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, 1));
}

function nowUs(): number {
  return performance.now() * 1000;
}
