import type { Measurement } from '../measurement.ts';
import type { Run, ServerSample } from '../run.ts';

/** The server's account of the measured part of a run, from differences of its counters. */
export interface ServerSplit {
  readonly requests: number;
  readonly inferences: number;
  readonly executions: number;
  /** Microseconds a request: the parts sum up to `request`. */
  readonly request: number;
  readonly overhead: number;
  readonly queue: number;
  readonly computeInput: number;
  readonly computeInfer: number;
  readonly computeOutput: number;
}

/** null where the server has no statistics, or answered nothing meanwhile. */
export function splitOf(samples: readonly ServerSample[], from: number): ServerSplit | null {
  const told = samples.filter(({ requests }) => requests !== undefined);
  const last = told.at(-1);
  const first = told.filter(({ at }) => at <= from).at(-1) ?? told[0];
  return last && first && last !== first ? between(first, last) : null;
}

/** Between two samples; null where nothing was answered. */
export function between(first: ServerSample, last: ServerSample): ServerSplit | null {
  const grown = (name: keyof ServerSample): number =>
    Math.max(0, Number(last[name] ?? 0) - Number(first[name] ?? 0));
  const requests = grown('requests');
  if (requests === 0) return null;
  const us = (name: keyof ServerSample): number => grown(name) / 1000 / requests;
  const parts = {
    queue: us('queueNs'), computeInput: us('computeInputNs'),
    computeInfer: us('computeInferNs'), computeOutput: us('computeOutputNs'),
  };
  const known = parts.queue + parts.computeInput + parts.computeInfer + parts.computeOutput;
  const request = Math.max(us('requestNs'), known);
  return {
    requests, inferences: grown('inferences'), executions: grown('executions'),
    request, overhead: request - known, ...parts,
  };
}

/** Executions by batch size between the first look and the last, smallest size first. */
export function batchesOf(samples: readonly ServerSample[]): [size: number, runs: number][] {
  const told = samples.filter(({ batchSizes }) => batchSizes !== undefined);
  const [first, last] = [told[0]?.batchSizes ?? {}, told.at(-1)?.batchSizes ?? {}];
  return Object.entries(last)
    .map(([size, runs]): [number, number] => [Number(size), runs - (first[size] ?? 0)])
    .filter(([, runs]) => runs > 0)
    .sort(([a], [b]) => a - b);
}

/** Microseconds, ascending, of what was due in the measured part: `run.ts` says what enters how. */
export function latenciesOf(
  run: Run, { from, to }: Pick<Measurement, 'from' | 'to'>, clock: 'due' | 'sent',
): Float64Array {
  const since = run[clock];
  const found = new Float64Array(run.due.length);
  let count = 0;
  for (let row = 0; row < run.due.length; row += 1) {
    const due = run.due[row] as number;
    const outcome = run.outcome[row] as number;
    if (due < from || due >= to || (outcome !== 0 && outcome !== 3)) continue;
    const until = outcome === 0 ? run.done[row] as number : run.ended;
    const us = (until - (since[row] as number)) * 1e6;
    if (us >= 0) found[count++] = us;
  }
  return found.subarray(0, count).sort();
}

/** Mean microseconds from due to sent, of what was sent. */
export function sendWaitUs(run: Run, { from, to }: Pick<Measurement, 'from' | 'to'>): number {
  let [sum, count] = [0, 0];
  for (let row = 0; row < run.due.length; row += 1) {
    const due = run.due[row] as number;
    const wait = (run.sent[row] as number) - due;
    if (due < from || due >= to || Number.isNaN(wait)) continue;
    sum += wait;
    count += 1;
  }
  return count === 0 ? 0 : (sum / count) * 1e6;
}
