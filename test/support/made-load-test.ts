/** Load tests without a server: one queue, so that what a report must say of them is known. */
import { measure } from '../../bench/lab/measure.ts';
import type { Level, LoadTest } from '../../bench/lab/load-test.ts';
import type { Run, ServerSample } from '../../bench/lab/run.ts';
import { Prng } from '../../server/core/prng.ts';

export interface MadeLevel {
  readonly rate: number; // requests a second, Poisson
  readonly seconds: number;
  readonly serviceUs: number; // mean, of one server
  readonly pause?: { readonly at: number; readonly seconds: number };
  readonly told?: boolean; // the server has statistics
}

/** Answered in order by one server; from due, sent 5 us later, and 40 us on the way. */
export function madeRun(level: MadeLevel, seed = 1): Run {
  const prng = new Prng(seed);
  const due: number[] = [];
  for (let at = 0; ;) {
    at -= Math.log(1 - prng.float()) / level.rate;
    if (at >= level.seconds) break;
    due.push(at);
  }
  let free = 0;
  const done = due.map((at) => {
    const cold = at < level.seconds / 10 ? 3 : 1; // a warm-up
    let begin = Math.max(at, free);
    const { pause } = level;
    if (pause && begin >= pause.at && begin < pause.at + pause.seconds) begin = pause.at + pause.seconds;
    free = begin + (cold * level.serviceUs * (0.6 + 0.8 * prng.float())) / 1e6;
    return free + 40e-6;
  });
  return {
    loop: 'open', startedAt: Date.UTC(2026, 10, 24, 12), seconds: level.seconds,
    ended: Math.max(level.seconds, done.at(-1) ?? 0), due: Float64Array.from(due),
    sent: Float64Array.from(due, (at) => at + 5e-6), done: Float64Array.from(done),
    outcome: new Uint8Array(due.length), kind: Uint16Array.from(due, (_, at) => at % 2),
    generator: {
      name: 'native', lagP99Us: 12, cpuSeconds: 1, busy: 0.2, checked: 10, wrong: 0, broken: 0, closed: 0,
    },
  };
}

/** Of a server that began with a thousand answers: 200 us in it, 100 of them in the model. */
export function madeSamples(run: Run, gpu = false): ServerSample[] {
  const prng = new Prng(9);
  let last = 0;
  return Array.from({ length: 21 }, (_, at) => (at * run.seconds) / 20).map((at) => {
    while (last < run.done.length && (run.done[last] as number) <= at) last += 1;
    const requests = 1000 + last;
    return {
      at, requests, inferences: requests, executions: Math.floor(requests / 4),
      requestNs: requests * 200_000, queueNs: requests * 60_000, computeInputNs: requests * 10_000,
      computeInferNs: requests * 100_000, computeOutputNs: requests * 10_000,
      batchSizes: { 1: 50 + last / 40, 2: last / 20, 4: last / 10, 8: last / 16 },
      cpuSeconds: 2 + at * 0.7 + 0.01 * prng.float(), residentBytes: 2 ** 20 * (180 + 4 * at),
      loopDelayP99Ms: 1 + prng.float(),
      ...(gpu && { gpuUtilisation: 0.4 + 0.1 * prng.float(), gpuMemoryBytes: 900 * 2 ** 20 }),
    };
  });
}

export function madeLoadTest(levels: readonly MadeLevel[], more: Partial<LoadTest> = {}): LoadTest {
  return {
    when: '2026-11-24T12:00:00.000Z', url: 'ws://127.0.0.1:8080', protocol: 'ws', model: 'made <up>',
    batchSize: 1, mode: 'rate', arrivals: 'poisson', seed: 7, percentile: 99, sloUs: 10_000,
    kindNames: ['buyers', 'lookers'], command: 'vitrine bench load -m made --request-rate-range 100',
    levels: levels.map((level): Level => {
      const run = madeRun(level);
      return {
        value: level.rate, run, server: level.told === false ? [] : madeSamples(run, level.rate > 3000),
        measurement: measure(run, { sloUs: 10_000, stabilityPercent: 50 }),
      };
    }),
    ...more,
  };
}
