/** What is said of a `Run`: numbers only, so that it can be written as JSON. measure.ts makes it. */
import type { Outcome } from './run.ts';

/** Of answers, and of what was never answered with the time it had waited. Microseconds. */
export interface Latency {
  readonly count: number;
  readonly mean: number;
  readonly deviation: number;
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
  readonly p9999: number;
  readonly max: number;
}

/** A stretch of the run: what was due in it. */
export interface Window {
  readonly from: number; // seconds
  readonly to: number;
  readonly due: number;
  readonly answered: number;
  /** Answers that came in it, whenever due. */
  readonly answeredPerS: number;
  readonly mean: number; // from due, microseconds; NaN where nothing was answered
  readonly p50: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
}

export interface WarmUp {
  /** `change-point`: measure.ts says how. `given`: by whoever asked. */
  readonly method: 'change-point' | 'given';
  /** Seconds left out at the beginning. */
  readonly seconds: number;
  /** False: no level was found that the second half of the run keeps to; nothing is left out. */
  readonly settled: boolean;
}

/** perf_analyzer's rule: the last three windows agree in throughput and latency. */
export interface Stability {
  readonly windowSeconds: number;
  readonly percent: number; // asked for
  readonly stable: boolean;
  /** Largest over smallest of the last three, less one, in percent. NaN where there are not three. */
  readonly throughputPercent: number;
  readonly latencyPercent: number;
}

/** Latency objective: a share of all that was due answered within so long, from due. */
export interface Goodput {
  readonly sloUs: number;
  /** Asked for, such as 0.99. */
  readonly share: number;
  /** Of all that was due: what was shed, has failed, was held or never answered is not within. */
  readonly within: number;
  readonly goodPerS: number;
  readonly met: boolean;
}

/** Part or all of what was due after the warm-up. */
export interface Figures {
  readonly offered: number; // requests due
  readonly offeredPerS: number;
  readonly counts: Readonly<Record<Outcome, number>>;
  /** Answers that came after the warm-up and before the schedule's end, whenever due. */
  readonly answeredPerS: number;
  /** From when a request was due to its answer: what its user waits. */
  readonly fromDue: Latency;
  /** From when it left: what a tool sees that waits its turn. */
  readonly fromSent: Latency;
  readonly goodput?: Goodput;
}

export interface Measurement extends Figures {
  readonly loop: 'closed' | 'open';
  /** Seconds of the run that are measured: [from, to). */
  readonly from: number;
  readonly to: number;
  readonly warmUp: WarmUp;
  readonly stability: Stability;
  readonly windows: readonly Window[]; // over the whole run, warm-up too
  /** By `Run.kind`, where there is more than one and at most 64. */
  readonly kinds: readonly (Figures & { readonly kind: number })[];
  /** The generator's p99 lag is over its limit: the figures prove nothing. */
  readonly late: boolean;
}
