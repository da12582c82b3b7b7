import { emptyHistogram, quantile, record, type Histogram } from './hdr.ts';
import { LAG_US_MAX } from './limits.ts';
import type {
  Figures, Goodput, Latency, Measurement, Stability, WarmUp, Window,
} from './measurement.ts';
import { OUTCOMES, type Outcome, type Run } from './run.ts';
import { warmSlices } from './warm-up.ts';

export interface MeasureOptions {
  /** Length of the windows that stability goes by. */
  readonly windowSeconds?: number; // a tenth of the run
  readonly stabilityPercent?: number; // 10
  /** Of the latency that must be stable, 0..1; null is the mean. */
  readonly percentile?: number | null; // 0.99
  readonly sloUs?: number;
  /** Of all that was due, to be answered within `sloUs`. */
  readonly sloShare?: number; // 0.99
  /** Seconds at the beginning that are left out; absent: found by change-point. */
  readonly warmUpSeconds?: number;
  readonly lagUsMax?: number;
}

const ANSWERED = OUTCOMES.indexOf('answered');
const UNANSWERED = OUTCOMES.indexOf('unanswered');
const KINDS_MAX = 64;
const SLICES_MAX = 200;
const SLICE_ROWS_MIN = 20;
const WINDOW_SECONDS_MIN = 1e-3;

/** All that is said of a run. */
export function measure(run: Run, options: MeasureOptions = {}): Measurement {
  const { stabilityPercent = 10, percentile = 0.99 } = options;
  const windowSeconds = Math.max(options.windowSeconds ?? run.seconds / 10, WINDOW_SECONDS_MIN);
  const warmUp = warmUpOf(run, options.warmUpSeconds);
  const from = warmUp.seconds;
  const windows = windowsOf(run, windowSeconds);
  const measured = windows.filter((window) => window.from >= from - 1e-9);
  const kinds = [...new Set(run.kind)].sort((a, b) => a - b);
  return {
    loop: run.loop,
    from,
    to: run.seconds,
    warmUp,
    stability: stabilityOf(run, measured, windowSeconds, stabilityPercent, percentile),
    windows,
    ...figures(run, from, options),
    kinds: kinds.length < 2 || kinds.length > KINDS_MAX
      ? []
      : kinds.map((kind) => ({ kind, ...figures(run, from, options, kind) })),
    late: run.generator.lagP99Us > (options.lagUsMax ?? LAG_US_MAX),
  };
}

/** Seconds from due (or sent) to the answer, or to the end of waiting; NaN where there was neither. */
export function waited(run: Run, row: number, since: Float64Array): number {
  const outcome = run.outcome[row];
  if (outcome === ANSWERED) return (run.done[row] as number) - (since[row] as number);
  return outcome === UNANSWERED ? run.ended - (since[row] as number) : NaN;
}

/** Nanoseconds since requests were due, as the percentiles have them. */
export function histogramOfRun(run: Run, from: number, clock: 'due' | 'sent' = 'due'): Histogram {
  const histogram = emptyHistogram();
  for (let row = 0; row < run.due.length; row += 1) {
    if ((run.due[row] as number) >= from) record(histogram, waited(run, row, run[clock]) * 1e9);
  }
  return histogram;
}

function figures(run: Run, from: number, options: MeasureOptions, kind?: number): Figures {
  const counts = OUTCOMES.map(() => 0);
  const [fromDue, fromSent] = [new Sample(), new Sample()];
  const { sloUs = Infinity, sloShare = 0.99 } = options;
  let [offered, good, came] = [0, 0, 0];
  for (let row = 0; row < run.due.length; row += 1) {
    if (kind !== undefined && run.kind[row] !== kind) continue;
    const outcome = run.outcome[row] as number;
    const done = run.done[row] as number;
    if (outcome === ANSWERED && done >= from && done < run.seconds) came += 1;
    if ((run.due[row] as number) < from) continue;
    offered += 1;
    counts[outcome] = (counts[outcome] as number) + 1;
    const seconds = waited(run, row, run.due);
    fromDue.add(seconds);
    fromSent.add(waited(run, row, run.sent));
    if (outcome === ANSWERED && seconds * 1e6 <= sloUs) good += 1;
  }
  const length = run.seconds - from;
  const perS = (count: number) => (length > 0 ? count / length : 0);
  const within = offered === 0 ? 0 : good / offered;
  const goodput: Goodput = { sloUs, share: sloShare, within, goodPerS: perS(good), met: within >= sloShare };
  return {
    offered,
    offeredPerS: perS(offered),
    counts: Object.fromEntries(OUTCOMES.map((name, i) => [name, counts[i]])) as Record<Outcome, number>,
    answeredPerS: perS(came),
    fromDue: fromDue.latency(),
    fromSent: fromSent.latency(),
    ...(options.sloUs !== undefined && { goodput }),
  };
}

/** Percentiles by HdrHistogram; the ends, the mean and the deviation exactly. */
class Sample {
  readonly #histogram = emptyHistogram();
  #min = Infinity;
  #max = -Infinity;
  #count = 0;
  #mean = 0;
  #squares = 0; // of distances from the mean (Welford)

  add(seconds: number): void {
    if (Number.isNaN(seconds)) return;
    const us = seconds * 1e6;
    record(this.#histogram, seconds * 1e9);
    this.#count += 1;
    this.#min = Math.min(this.#min, us);
    this.#max = Math.max(this.#max, us);
    const distance = us - this.#mean;
    this.#mean += distance / this.#count;
    this.#squares += distance * (us - this.#mean);
  }

  /** Microseconds; NaN where there are none. */
  latency(): Latency {
    const none = this.#count === 0;
    const at = (share: number) => Math.min(quantile(this.#histogram, share) / 1000, this.#max);
    return {
      count: this.#count,
      mean: none ? NaN : this.#mean,
      deviation: none ? NaN : Math.sqrt(this.#squares / this.#count),
      min: none ? NaN : this.#min,
      p50: at(0.5),
      p90: at(0.9),
      p95: at(0.95),
      p99: at(0.99),
      p999: at(0.999),
      p9999: at(0.9999),
      max: none ? NaN : this.#max,
    };
  }
}

function warmUpOf(run: Run, given: number | undefined): WarmUp {
  if (given !== undefined) {
    return { method: 'given', seconds: Math.min(Math.max(given, 0), run.seconds), settled: true };
  }
  const slices = Math.min(SLICES_MAX, Math.floor(run.due.length / SLICE_ROWS_MIN));
  // Too few to tell.
  if (slices === 0 || run.seconds === 0) return { method: 'change-point', seconds: 0, settled: true };
  const length = run.seconds / slices;
  const medians = cut(run, length, slices).map((us, i, all) => {
    // A slice in which nothing was due is as the one before it.
    for (let k = i; k >= 0; k -= 1) {
      const its = all[k] as Float64Array;
      if (its.length > 0) return its[its.length >> 1] as number;
    }
    return 0;
  });
  const found = warmSlices(medians);
  return { method: 'change-point', seconds: (found ?? 0) * length, settled: found !== null };
}

function windowsOf(run: Run, windowSeconds: number): Window[] {
  const count = Math.max(1, Math.ceil(run.seconds / windowSeconds - 1e-6));
  const came = new Float64Array(count);
  const answered = new Float64Array(count);
  const due = new Float64Array(count);
  const placeOf = (seconds: number) => Math.min(count - 1, Math.floor(seconds / windowSeconds));
  const increase = (of: Float64Array, at: number) => (of[at] = (of[at] as number) + 1);
  for (let row = 0; row < run.due.length; row += 1) {
    const place = placeOf(run.due[row] as number);
    increase(due, place);
    if (run.outcome[row] !== ANSWERED) continue;
    increase(answered, place);
    const done = run.done[row] as number;
    if (done < run.seconds) increase(came, placeOf(done));
  }
  return cut(run, windowSeconds, count).map((us, i) => {
    const [from, to] = [i * windowSeconds, Math.min(run.seconds, (i + 1) * windowSeconds)];
    const at = (share: number) => us[Math.max(0, Math.ceil(share * us.length) - 1)] ?? NaN;
    return {
      from,
      to,
      due: due[i] as number,
      answered: answered[i] as number,
      answeredPerS: (came[i] as number) / (to - from),
      mean: us.reduce((sum, value) => sum + value, 0) / us.length,
      p50: at(0.5),
      p90: at(0.9),
      p95: at(0.95),
      p99: at(0.99),
      max: us.at(-1) ?? NaN,
    };
  });
}

/** Microseconds from due by stretch of the time at which requests were due, each sorted. */
function cut(run: Run, length: number, count: number): Float64Array[] {
  const placeOf = (row: number) => Math.min(count - 1, Math.floor((run.due[row] as number) / length));
  const sizes = new Uint32Array(count);
  for (let row = 0; row < run.due.length; row += 1) {
    if (isWaited(run, row)) sizes[placeOf(row)] = (sizes[placeOf(row)] as number) + 1;
  }
  const parts = Array.from(sizes, (size) => new Float64Array(size));
  const filled = new Uint32Array(count);
  for (let row = 0; row < run.due.length; row += 1) {
    if (!isWaited(run, row)) continue;
    const place = placeOf(row);
    (parts[place] as Float64Array)[filled[place] as number] = waited(run, row, run.due) * 1e6;
    filled[place] = (filled[place] as number) + 1;
  }
  for (const part of parts) part.sort();
  return parts;
}

function isWaited(run: Run, row: number): boolean {
  return run.outcome[row] === ANSWERED || run.outcome[row] === UNANSWERED;
}

function stabilityOf(
  run: Run, windows: readonly Window[], windowSeconds: number, percent: number, percentile: number | null,
): Stability {
  const whole = windows.filter(({ to, from }) => to - from > windowSeconds * 0.999).slice(-3);
  const spread = (values: readonly number[]) =>
    whole.length < 3 ? NaN : (Math.max(...values) / Math.min(...values) - 1) * 100;
  const throughputPercent = spread(whole.map(({ answeredPerS }) => answeredPerS));
  const latencyPercent = spread(whole.map((window) => latencyOf(run, window, percentile)));
  const stable = throughputPercent <= percent && latencyPercent <= percent;
  return { windowSeconds, percent, stable, throughputPercent, latencyPercent };
}

/** Of what was due in the window; exact. */
function latencyOf(run: Run, window: Window, percentile: number | null): number {
  if (percentile === null) return window.mean;
  const named = { 0.5: window.p50, 0.9: window.p90, 0.95: window.p95, 0.99: window.p99 }[percentile];
  if (named !== undefined) return named;
  const us = cut(run, window.to - window.from, Math.ceil(run.seconds / (window.to - window.from) - 1e-6));
  const its = us[Math.round(window.from / (window.to - window.from))] as Float64Array;
  return its[Math.max(0, Math.ceil(percentile * its.length) - 1)] ?? NaN;
}
