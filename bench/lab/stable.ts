import type { Progress, Watch } from './plan.ts';

export interface StableOptions {
  readonly windowSeconds: number;
  readonly percent: number;
  /** 0..1; null is the mean. Between those that a generator tells, the one below. */
  readonly percentile: number | null;
  /** Called with each window. */
  say?(progress: Progress): void;
}

/** Ends a run once its last three windows agree: perf_analyzer's rule. */
export function untilStable({ windowSeconds, percent, percentile, say }: StableOptions): Watch {
  const seen: Progress[] = [];
  return {
    windowSeconds,
    see(progress) {
      say?.(progress);
      seen.push(progress);
      const last = seen.slice(-3);
      if (last.length < 3) return false;
      const agree = (values: readonly number[]) =>
        Math.max(...values) / Math.min(...values) <= 1 + percent / 100;
      return agree(last.map(({ answeredPerS }) => answeredPerS)) &&
        agree(last.map((window) => latencyOf(window, percentile)));
    },
  };
}

function latencyOf({ meanUs, p50Us, p90Us, p95Us, p99Us }: Progress, percentile: number | null): number {
  if (percentile === null) return meanUs;
  if (percentile >= 0.99) return p99Us;
  if (percentile >= 0.95) return p95Us;
  return percentile >= 0.9 ? p90Us : p50Us;
}
