/** One level of a load test: the plan, the run, what the server says meanwhile, the measurement. */
import { generate } from './generate.ts';
import { DRAIN_SECONDS } from './limits.ts';
import type { Level } from './load-test.ts';
import type { LoadOptions } from './load-options.ts';
import { arrivalsOf } from './load-workload.ts';
import { measure } from './measure.ts';
import type { Plan, Progress, Watch } from './plan.ts';
import type { Run } from './run.ts';
import { schedule } from './schedule.ts';
import { watchServer } from './server-side.ts';
import { untilStable } from './stable.ts';
import type { Workload } from './template.ts';

const CONNECTIONS = 64;
const TIMER_MS_MAX = 2 ** 31 - 1;
const LEARN_SECONDS = 0.5; // to learn how long a window of so many requests is, in a closed loop
const WINDOW_SECONDS_MIN = 0.01;

export interface LevelContext {
  readonly options: LoadOptions;
  readonly workload: Workload;
  say(text: string): void;
}

/** How a level ends: once it is stable, or after so long. */
export type Length = 'stable' | { readonly seconds: number };

export async function runLevel(context: LevelContext, value: number, length: Length = 'stable'): Promise<Level> {
  const { options, workload } = context;
  if (options.warmUpRequests > 0) {
    await play(context, firstRequests(planOf(context, value, LONG_SECONDS), options.warmUpRequests));
  }
  const windowSeconds = await windowOf(context, value);
  const fixed = length !== 'stable' ? length.seconds : options.seconds;
  const counted = options.requestCount > 0 && length === 'stable';
  const seconds = fixed ?? (counted || options.trace !== undefined ? LONG_SECONDS : windowSeconds * options.trialsMax);
  const whole = planOf(context, value, seconds);
  const plan = counted ? firstRequests(whole, options.requestCount) : whole;
  const open = fixed === undefined && !counted && options.trace === undefined;
  const percentile = options.percentile === undefined ? null : options.percentile / 100;
  const say = (progress: Progress) => options.verbose && context.say(progressText(progress));
  const { stabilityPercent: percent } = options;
  const stable = untilStable({ windowSeconds, percent, percentile, say });
  const watch: Watch = open ? stable : { windowSeconds, see: (progress) => (say(progress), false) };
  const server = await watchServer({
    url: workload.target.url,
    everyMs: options.collectMetrics || options.files.html !== undefined ? options.metricsMs : TIMER_MS_MAX,
    ...(options.metricsUrl !== undefined && { metricsUrl: options.metricsUrl }),
    ...(options.model !== undefined && { model: options.model }),
  });
  let run: Run | null = null;
  try {
    run = await play(context, plan, watch);
  } finally {
    if (run === null) await server.stop(0);
  }
  const measurement = measure(run, {
    windowSeconds: Math.min(windowSeconds, run.seconds),
    stabilityPercent: percent,
    percentile,
    sloShare: shareOf(options),
    lagUsMax: options.lagUsMax,
    ...(options.sloUs !== undefined && { sloUs: options.sloUs }),
    ...(options.warmUpSeconds !== undefined && { warmUpSeconds: options.warmUpSeconds }),
  });
  const { due } = run;
  const mean = options.trace !== undefined || options.intervals !== undefined ? due.length / run.seconds : value;
  return { value: mean, run, measurement, server: await server.stop(run.startedAt) };
}

/** Of all that is due, to be answered within the objective. */
export function shareOf({ percentile = 99 }: Pick<LoadOptions, 'percentile'>): number {
  return percentile / 100;
}

const LONG_SECONDS = 86_400; // of a schedule that ends by a number of requests, or with its trace

function planOf({ options, workload }: LevelContext, value: number, seconds: number): Plan {
  const { target, requests, sequence } = workload;
  const shared = {
    target,
    requests,
    drainSeconds: options.drainSeconds ?? DRAIN_SECONDS,
    lagUsMax: options.lagUsMax,
    seed: options.seed,
    ...(sequence && { sequence }),
    ...(options.core !== undefined && { core: options.core }),
    ...(options.spinUs !== undefined && { spinUs: options.spinUs }),
  };
  if (options.concurrency) {
    const sockets = target.transport === 'http' ? value : Math.min(value, options.connections ?? CONNECTIONS);
    return { ...shared, connections: sockets, load: { loop: 'closed', concurrency: value, seconds } };
  }
  // A schedule of a day would be long: so many requests are never asked for by number.
  const bounded = options.requestCount > 0 || options.warmUpRequests > 0
    ? Math.min(seconds, Math.max(10, (3 * Math.max(options.requestCount, options.warmUpRequests)) / value))
    : seconds;
  const length = options.trace === undefined && seconds === LONG_SECONDS ? bounded : seconds;
  const due = schedule(arrivalsOf(options, value, length), length, options.seed);
  const ends = options.trace !== undefined && seconds === LONG_SECONDS ? (due.at(-1) ?? 0) + 0.05 : length;
  return { ...shared, connections: options.connections ?? CONNECTIONS, load: { loop: 'open', due, seconds: ends } };
}

function firstRequests(plan: Plan, count: number): Plan {
  const { load } = plan;
  if (load.loop === 'closed') return { ...plan, load: { ...load, requestsMax: count } };
  const due = load.due.slice(0, count);
  return { ...plan, load: { ...load, due, seconds: Math.min(load.seconds, (due.at(-1) ?? 0) + 0.05) } };
}

/** Seconds of a window: as asked, or as many as so many requests take. */
async function windowOf(context: LevelContext, value: number): Promise<number> {
  const { options } = context;
  if (!options.countWindows) return options.windowSeconds;
  if (!options.concurrency) return Math.max(WINDOW_SECONDS_MIN, options.windowRequests / value);
  const run = await play(context, planOf(context, value, LEARN_SECONDS));
  return Math.max(WINDOW_SECONDS_MIN, options.windowRequests / Math.max(1, run.due.length / run.seconds));
}

function play({ options, say }: LevelContext, plan: Plan, watch?: Watch): Promise<Run> {
  return generate(plan, { generator: options.generator, say, ...(watch && { watch }) });
}

function progressText({ at, answeredPerS, meanUs, p99Us, shed, failed }: Progress): string {
  const refused = shed + failed > 0 ? `, ${shed} shed, ${failed} failed` : '';
  return `  ${at.toFixed(1)} s: ${answeredPerS.toFixed(0)} answers/s, mean ${meanUs.toFixed(0)} us, ` +
    `p99 ${p99Us.toFixed(0)} us${refused}`;
}
