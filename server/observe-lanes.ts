import { Metrics } from './observe/metrics.ts';
import type { LaneStats, LevelStats } from './batch/lane-stats.ts';
import type { PhaseStats } from './batch/phase-stats.ts';
import type { CacheSums } from './batch/served-lane.ts';
import type { RolloutState } from './flow/rollout.ts';
import { addedUp, type FrontNumbers, type LaneView } from './fronts/numbers.ts';
import { generationOf } from './model-table.ts';
import type { ModelHost } from './serve.ts';
import type { LaneReport } from './served-model.ts';
import type { FailureCode } from './core/errors.ts';
import { BATCH_REASONS } from './core/inference.ts';
import type { VersionStats } from './wire/kserve-stats.ts';

const US_BOUNDS = [50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 1_000_000];
const ROW_BOUNDS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/** A report with what all front ends have counted. */
export type ObservedLane = Omit<LaneReport, 'lane'> & { readonly lane: LaneView };

export interface Reporting {
  report(): readonly ObservedLane[];
}

/** Adds what the lanes of other front ends have counted to that of this thread's. */
export function observedLanes(
  reports: readonly LaneReport[], others: readonly FrontNumbers[],
): ObservedLane[] {
  const lanes = others.flatMap((one) => one.lanes);
  return reports.map((report) => {
    const generation = generationOf(report.lane);
    const same = lanes.filter((one) => one.generation === generation);
    return { ...report, lane: addedUp(report.lane, same) };
  });
}

/** Publishes what every lane counts, under Triton's names where they mean the same. */
export function observeLanes(
  metrics: Metrics, host: Pick<ModelHost, 'answers' | 'limiter'> & Reporting,
): void {
  metrics.include(() => {
    const now = new Metrics(); // models come and go
    for (const report of host.report()) observeLane(now, report);
    observeAnswers(now, host);
    for (const [resource, used] of host.limiter.used) {
      now.gauge('vitrine_resource_used', 'Of what models share, by runs in flight', { resource }, () => used);
    }
    return now;
  });
}

/** The same for `/v2/models/stats`. */
export function laneStats(host: Reporting): VersionStats[] {
  return host.report().map(({ model, version, lane }) => ({
    model, version, memoryBytes: lane.memoryBytes, failures: failures(lane),
    phases: lane.stats.phases, ...(lane.cache ? { cache: lane.cache } : {}),
  }));
}

const FAILURE_REASONS = ['REJECTED', 'CANCELED', 'BACKEND', 'OTHER'] as const;
type FailureReason = (typeof FAILURE_REASONS)[number];

/** Triton's word for a failure. */
function reasonOf(code: FailureCode): FailureReason {
  switch (code) {
    case 'overloaded': case 'deadline': case 'draining': return 'REJECTED';
    case 'cancelled': return 'CANCELED';
    case 'backend': return 'BACKEND';
    default: return 'OTHER';
  }
}

/** Requests that failed; for one reason where one is named. */
function failures(
  { stats, cache }: Pick<ObservedLane['lane'], 'stats' | 'cache'>, reason?: FailureReason,
): number {
  const counts = [stats.failed, cache?.failed ?? {}].flatMap((failed) =>
    Object.entries(failed) as [FailureCode, number][]);
  return counts.reduce((sum, [code, count]) =>
    sum + (reason === undefined || reasonOf(code) === reason ? count : 0), 0);
}

function observeLane(
  metrics: Metrics, { model, version, placement, lane, loadSeconds, rollout }: ObservedLane,
): void {
  const labels = { model, version };
  const { stats } = lane;
  const counter = (name: string, help: string, read: () => number): void =>
    metrics.observe('counter', name, help, labels, read);

  counter('nv_inference_request_success', 'Requests answered',
    () => stats.answered + (lane.cache?.hits ?? 0));
  metrics.gauge('nv_model_load_duration_secs', 'Loading the model, all versions', labels,
    () => loadSeconds);
  if (lane.cache) observeCache(counter, lane.cache);
  if (rollout) observeRollout(metrics, labels, rollout);
  for (const reason of FAILURE_REASONS) {
    metrics.observe('counter', 'nv_inference_request_failure', 'Requests failed',
      { ...labels, reason }, () => failures(lane, reason));
  }
  observePhases(metrics, labels, stats.phases);
  metrics.gauge('nv_inference_pending_request_count', 'Requests waiting', labels,
    () => stats.levels.reduce((sum, _, level) => sum + lane.waitingJobs(level), 0));
  metrics.gauge('vitrine_lane_free_slots', 'Slots not in use', { ...labels, placement },
    () => lane.freeSlots);
  for (const reason of BATCH_REASONS) {
    metrics.observe('counter', 'vitrine_batches_total', 'Batches, by why they left',
      { ...labels, reason }, () => stats.batches[reason]);
  }
  counter('vitrine_padded_rows_total', 'Rows that filled runs up to an allowed size',
    () => stats.paddedRows);
  metrics.histogram('vitrine_run_duration_us', 'Time of a run, one a batch', labels,
    () => stats.runUs.cumulative(US_BOUNDS));
  metrics.histogram('vitrine_batch_rows', 'Rows of a batch', labels,
    () => stats.batchRows.cumulative(ROW_BOUNDS));
  stats.levels.forEach((level, at) => {
    // A model without levels has no priorities to tell apart.
    const own = stats.levels.length === 1 ? labels : { ...labels, priority: String(at + 1) };
    observeLevel(metrics, lane, own, level, at);
  });
}

/** Hits are answers without a run: no other sum of the lane has them. */
function observeCache(
  counter: (name: string, help: string, read: () => number) => void, cache: CacheSums,
): void {
  counter('nv_cache_num_hits_per_model', 'Requests answered without a run', () => cache.hits);
  counter('nv_cache_num_misses_per_model', 'Requests whose answer was not there', () => cache.misses);
  counter('nv_cache_hit_duration_per_model', 'Microseconds of looking up what was there',
    () => Math.floor(cache.hitNs / 1000));
  counter('nv_cache_miss_duration_per_model', 'Microseconds of looking up and putting in what was not',
    () => Math.floor(cache.missNs / 1000));
  counter('vitrine_cache_joined_total', 'Hits that waited for the run of a request alike',
    () => cache.joined);
}

/** Of a candidate: what the rollout's judge knows of both sides. */
function observeRollout(
  metrics: Metrics, labels: Readonly<Record<string, string>>, rollout: RolloutState,
): void {
  metrics.gauge('vitrine_rollout_running', '1 while it gets requests, 0 once it is rolled back',
    labels, () => (rollout.state === 'running' ? 1 : 0));
  for (const arm of ['stable', 'candidate'] as const) {
    for (const [what, value] of Object.entries(rollout[arm])) {
      metrics.observe('counter', `vitrine_rollout_${what}_total`, 'As the judge of the rollout counts',
        { ...labels, arm }, () => value);
    }
  }
  metrics.observe('counter', 'vitrine_rollout_compared_total', 'Pairs of answers', labels,
    () => rollout.compared);
  metrics.observe('counter', 'vitrine_rollout_differing_total', 'Of them, those that differ', labels,
    () => rollout.differing);
}

/** The answers of all models, which share one budget. */
function observeAnswers(metrics: Metrics, { answers }: Pick<ModelHost, 'answers'>): void {
  metrics.gauge('vitrine_cache_bytes', 'Answers that are kept', {}, () => answers.bytes);
  metrics.gauge('vitrine_cache_entries', 'Answers that are kept', {}, () => answers.entries);
  metrics.observe('counter', 'vitrine_cache_evictions_total', 'Answers that made room', {},
    () => answers.evicted);
}

/** The sums that `/v2/models/stats` has in nanoseconds. */
function observePhases(
  metrics: Metrics, labels: Readonly<Record<string, string>>, phases: PhaseStats,
): void {
  const counter = (name: string, help: string, value: number): void =>
    metrics.observe('counter', `nv_inference_${name}`, help, labels, () => value);
  counter('count', 'Rows run', phases.rows);
  counter('exec_count', 'Batches run', phases.runs);
  const sums = {
    request: ['From submission to answer', phases.successNs],
    queue: ['Time in the queue', phases.queueNs],
    compute_input: ['Gathering rows for runs', phases.inputNs],
    compute_infer: ['In the model, the hop to a worker and back included', phases.inferNs],
    compute_output: ['Scattering answers of runs', phases.outputNs],
  } as const;
  for (const [phase, [help, ns]] of Object.entries(sums)) {
    counter(`${phase}_duration_us`, help, Math.floor(ns / 1000));
  }
}

/** Durations of the requests that were answered: each a histogram that adds up with its kin. */
function observeLevel(
  metrics: Metrics, lane: LaneView, labels: Readonly<Record<string, string>>,
  level: LevelStats, at: number,
): void {
  const phases = {
    request: ['From submission to answer', level.requestUs],
    queue: ['Time in the queue', level.queueUs],
    compute_input: ['Gathering rows for the run that the request was part of', level.inputUs],
    compute_infer: ['In the model, the hop to a worker and back included', level.inferUs],
    compute_output: ['Scattering the answers of that run', level.outputUs],
  } as const;
  for (const [phase, [help, histogram]] of Object.entries(phases)) {
    metrics.histogram(`nv_inference_${phase}_duration_histogram_us`, help, labels,
      () => histogram.cumulative(US_BOUNDS));
  }
  metrics.gauge('vitrine_lane_waiting_requests', 'Requests waiting', labels,
    () => lane.waitingJobs(at));
}
