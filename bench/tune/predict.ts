/**
 * What a setting should be able to do, from the measured curve: requests of one row, at random
 * times (Poisson), through a small simulation of front end, queue and runs. It knows nothing of
 * garbage collection, caches and other work, so it ranks settings; what they do is then measured.
 */
import { Prng } from '../../server/core/prng.ts';
import { type CurvePoint, runUs } from './curve.ts';
import type { Setting } from './setting.ts';

/** What all settings have in common. */
export interface Ground {
  readonly points: readonly CurvePoint[];
  readonly cores: number;
  /** Microseconds of the front end a request: decoding, queueing, answering. */
  readonly requestUs: number;
  /** Microseconds of the front end, and of the worker, for a batch's way to the pool and back. */
  readonly hopUs: number;
}

/** Answers in time. */
export interface Slo {
  readonly ms: number;
  /** Share of requests that must be answered within `ms`, such as 0.99. */
  readonly share: number;
}

const REQUESTS = 20_000;
const WARM = 2_000; // of these, before the queue is as long as it gets
const STEPS = 10; // bisections: to one part in 1,000 of the first bound
/** A Poisson process of rate 1: the same chances for every setting, so that none is just lucky. */
const UNIT_ARRIVALS = unitArrivals(new Prng(7));

/** The highest rate (requests/s) at which the SLO is kept; 0 where it is kept at none. */
export function predictRate(setting: Setting, ground: Ground, slo: Slo): number {
  let low = 0;
  let high = mostPerSecond(setting, ground);
  for (let step = 0; step < STEPS; step += 1) {
    const rate = (low + high) / 2;
    if (lateShare(setting, ground, rate, slo.ms * 1000) <= 1 - slo.share) low = rate;
    else high = rate;
  }
  return low;
}

/** No more than this can be answered, however long one may wait: full batches, no thread idle. */
export function mostPerSecond(setting: Setting, ground: Ground): number {
  const runs = runUs(ground.points, setting.maxBatch) / setting.maxBatch;
  const crowd = crowding(setting, ground);
  if (setting.placement === 'inline') {
    return (1e6 * setting.frontEnds) / (ground.requestUs + runs) / crowd;
  }
  const front = ground.requestUs + ground.hopUs / setting.maxBatch;
  const pool = runs + ground.hopUs / setting.maxBatch;
  return 1e6 / Math.max(front / setting.frontEnds, pool / setting.instances) / crowd;
}

/** Threads beyond the cores share them: everything takes so much longer. */
function crowding({ placement, instances, frontEnds }: Setting, { cores }: Ground): number {
  return Math.max(1, (frontEnds + (placement === 'pool' ? instances : 0)) / cores);
}

/** Of the requests at `rate`, those answered later than `sloUs`. */
function lateShare(setting: Setting, ground: Ground, rate: number, sloUs: number): number {
  const arrivals = UNIT_ARRIVALS.map((at) => (at * 1e6) / rate);
  const ends = setting.placement === 'inline'
    ? inlineEnds(arrivals, setting, ground)
    : pooledEnds(arrivals, setting, ground);
  let late = 0;
  for (let at = WARM; at < REQUESTS; at += 1) {
    if ((ends[at] as number) - (arrivals[at] as number) > sloUs) late += 1;
  }
  return late / (REQUESTS - WARM);
}

function unitArrivals(prng: Prng): Float64Array {
  let at = 0;
  return Float64Array.from({ length: REQUESTS }, () => {
    at -= Math.log(1 - prng.float());
    return at;
  });
}

/** Each front end reads what has come, runs it as batches, answers, and reads again. */
function inlineEnds(arrivals: Float64Array, setting: Setting, ground: Ground): Float64Array {
  const { maxBatch, frontEnds } = setting;
  const crowd = crowding(setting, ground);
  const run = runTable(ground, maxBatch);
  const ends = new Float64Array(arrivals.length);
  for (let front = 0; front < frontEnds; front += 1) {
    let freeUs = 0;
    for (let next = front; next < arrivals.length;) {
      const startUs = Math.max(freeUs, arrivals[next] as number);
      const first = next;
      let rows = 0;
      while (rows < maxBatch && next < arrivals.length && (arrivals[next] as number) <= startUs) {
        rows += 1;
        next += frontEnds;
      }
      freeUs = startUs + (rows * ground.requestUs + (run[rows] as number)) * crowd;
      for (let at = first; at < next; at += frontEnds) ends[at] = freeUs;
    }
  }
  return ends;
}

/** Front ends hand on what they read; whichever instance is free takes what waits. */
function pooledEnds(arrivals: Float64Array, setting: Setting, ground: Ground): Float64Array {
  const { maxBatch, frontEnds, instances, delayUs } = setting;
  const crowd = crowding(setting, ground);
  const queued = new Float64Array(arrivals.length);
  const fronts = new Float64Array(frontEnds);
  // A front end also spends a hop on each batch, which is some share of a request's time.
  const shareUs = (ground.requestUs + ground.hopUs / maxBatch) * crowd;
  for (let at = 0; at < arrivals.length; at += 1) {
    const front = at % frontEnds;
    fronts[front] = Math.max(fronts[front] as number, arrivals[at] as number) + shareUs;
    queued[at] = fronts[front] as number;
  }
  if (frontEnds > 1) queued.sort();
  const run = runTable(ground, maxBatch);
  const ends = new Float64Array(arrivals.length);
  const free = new Float64Array(instances);
  for (let next = 0; next < arrivals.length;) {
    const seat = free.indexOf(Math.min(...free));
    const oldestUs = queued[next] as number;
    const fullUs = queued[next + maxBatch - 1] ?? Infinity;
    const leaveUs = Math.max(free[seat] as number, oldestUs, Math.min(oldestUs + delayUs, fullUs));
    const first = next;
    while (next - first < maxBatch && next < queued.length && (queued[next] as number) <= leaveUs) {
      next += 1;
    }
    const rows = next - first;
    free[seat] = leaveUs + ((run[rows] as number) + ground.hopUs) * crowd;
    ends.fill(free[seat] as number, first, next);
  }
  return ends;
}

function runTable({ points }: Ground, maxBatch: number): Float64Array {
  return Float64Array.from({ length: maxBatch + 1 }, (_, rows) => runUs(points, rows));
}
