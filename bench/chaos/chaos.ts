/** The scenarios, one after the other, each on a server that is as it was. */
import { Prng } from '../../server/core/prng.ts';
import type { Finding, Scenario } from './scenario.ts';
import { clockJump } from './scenarios/clock-jump.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { fullQueue } from './scenarios/full-queue.ts';
import { halfOpen } from './scenarios/half-open.ts';
import { hungWorker, killedWorker } from './scenarios/killed-worker.ts';
import { malformed } from './scenarios/malformed.ts';
import { reconnectStorm } from './scenarios/reconnect-storm.ts';
import { slowReaders } from './scenarios/slow-readers.ts';
import { swap } from './scenarios/swap.ts';
import { Witness } from './witness.ts';
import { askCalm, startOwn, stopOwn } from './world.ts';

export const SCENARIOS: readonly Scenario[] = [
  slowReaders, halfOpen, reconnectStorm, malformed, killedWorker, hungWorker, fullQueue, clockJump,
  diskFull, swap,
];

export interface Outcome {
  readonly name: string;
  readonly expects: string;
  readonly outcome: 'pass' | 'fail' | 'skipped';
  /** What was seen, or why it was skipped. */
  readonly seen: string;
  readonly seconds: number;
}

export interface ChaosOptions {
  /** A server that somebody else runs; absent: one of our own for each scenario. */
  readonly url?: string;
  readonly scenarios: readonly Scenario[];
  readonly seed: number;
  readonly seconds: number;
  readonly patienceMs: number;
  say(progress: string): void;
}

export async function chaos(options: ChaosOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const scenario of options.scenarios) {
    const { name, expects } = scenario;
    options.say(name);
    const fromMs = performance.now();
    const done = (outcome: Outcome['outcome'], seen: string): void => {
      const seconds = (performance.now() - fromMs) / 1000;
      outcomes.push({ name, expects, outcome, seen, seconds });
    };
    const why = options.url !== undefined && scenario.inside
      ? 'it reaches into the server, and this one is not ours: leave out the URL'
      : scenario.unfit?.() ?? null;
    if (why !== null) {
      done('skipped', why);
      continue;
    }
    try {
      const { holds, seen } = await runOne(scenario, options);
      done(holds ? 'pass' : 'fail', seen);
    } catch (error) {
      done('fail', `NOT SO: it ended with ${(error as Error).message}`);
    }
  }
  return outcomes;
}

async function runOne(scenario: Scenario, { url, seed, seconds, patienceMs }: ChaosOptions): Promise<Finding> {
  const own = url === undefined ? await startOwn({}) : null;
  const where = url ?? `http://127.0.0.1:${own?.server.port}`;
  const witness = new Witness(where, own ? askCalm : (client) => client.ping());
  try {
    return await scenario.run({ url: where, witness, prng: new Prng(seed), own, seconds, patienceMs });
  } finally {
    witness.close();
    if (own) await stopOwn(own);
  }
}
