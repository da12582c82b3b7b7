import type { Run } from '../lab/run.ts';

/** One side's turn in a pair: what a server did for some seconds. */
export interface Block {
  /** Microseconds from due, ascending; what was never answered with the time it had waited. */
  readonly latencies: Float64Array;
  readonly answeredPerS: number;
  /** Of all that was due: shed, failed, held, never answered. */
  readonly failedShare: number;
  /** Server's CPU time over its answers, microseconds; NaN where it is not told. */
  readonly cpuUs: number;
}

/** What was due from `from` (seconds) on. `cpuSeconds`: the server's, over all answers of the run. */
export function blockOf(run: Run, from: number, cpuSeconds = NaN): Block {
  const latencies: number[] = [];
  let [due, answeredAll, answeredIn] = [0, 0, 0];
  let failed = 0;
  for (let row = 0; row < run.due.length; row += 1) {
    const answered = run.outcome[row] === 0;
    const done = run.done[row] as number;
    if (answered) answeredAll += 1;
    if (answered && done >= from && done < run.seconds) answeredIn += 1;
    if ((run.due[row] as number) < from) continue;
    due += 1;
    if (!answered) failed += 1;
    if (answered) latencies.push((done - (run.due[row] as number)) * 1e6);
    else if (run.outcome[row] === 3) latencies.push((run.ended - (run.due[row] as number)) * 1e6);
  }
  return {
    latencies: Float64Array.from(latencies).sort(),
    answeredPerS: answeredIn / (run.seconds - from),
    failedShare: due === 0 ? 0 : failed / due,
    cpuUs: answeredAll === 0 ? NaN : (cpuSeconds * 1e6) / answeredAll,
  };
}

/** `share` in [0, 1]; NaN where there is nothing. */
export function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export function mean(values: Float64Array): number {
  return values.length === 0 ? NaN : values.reduce((sum, one) => sum + one, 0) / values.length;
}
