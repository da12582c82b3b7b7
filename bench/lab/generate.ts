import { buildLoad } from '../load.ts';
import { generateNative } from './native.ts';
import { generateNode } from './node.ts';
import type { Plan, Watch } from './plan.ts';
import { LoadProblem } from './problem.ts';
import type { Run } from './run.ts';

/** `native` is C++ (Linux and a compiler), `node` runs everywhere and speaks TLS. */
export const GENERATORS = ['auto', 'native', 'node'] as const;
export type GeneratorChoice = (typeof GENERATORS)[number];

export interface GenerateOptions {
  readonly generator?: GeneratorChoice; // auto
  readonly watch?: Watch;
  /** Told that the native generator is compiled, or why it is not used, where that was not asked for. */
  say?(text: string): void;
}

/**
 * Plays the plan. Rejects with `GeneratorLate` when the generator could not keep its schedule, with
 * `LoadProblem` when the server cannot be reached or the plan cannot be played.
 */
export async function generate(plan: Plan, options: GenerateOptions = {}): Promise<Run> {
  checkPlan(plan);
  const { generator = 'auto', watch } = options;
  if (generator === 'node') return generateNode(plan, watch);
  const why = whyNotNative(plan, options.say);
  if (why === null) return generateNative(plan, watch);
  if (generator === 'native') throw new LoadProblem(why);
  options.say?.(`${why}; Node generates the load instead (thousands of requests a second)`);
  return generateNode(plan, watch);
}

/** One line; null where the native generator can play the plan. */
export function whyNotNative(plan: Pick<Plan, 'target'>, say?: (text: string) => void): string | null {
  if (plan.target.tls) return 'the native generator has no TLS';
  try {
    buildLoad(say);
    return null;
  } catch (error) {
    return (error as Error).message.split('\n')[0] as string;
  }
}

const REQUESTS_MAX = 4_194_304;

function checkPlan({ requests, sequence, load, connections, target }: Plan): void {
  const check = (holds: boolean, otherwise: string) => {
    if (!holds) throw new LoadProblem(otherwise);
  };
  check(isWhole(requests.length, REQUESTS_MAX), `1..${REQUESTS_MAX} requests, not ${requests.length}`);
  check(sequence?.every((at) => at < requests.length) ?? true, 'the sequence names a request that there is not');
  check(isWhole(connections, 10_000), `1..10000 connections, not ${connections}`);
  check(load.seconds > 0 && load.seconds < 1e6, `a load of ${load.seconds} s`);
  const kinds = requests.every(({ kind = 0 }) => kind >= 0 && kind < 65_536);
  check(kinds, 'kinds of requests are 0..65535');
  const idBytes = target.replies.by === 'msgpack' ? 4 : 8;
  const fits = requests.every(({ body, idAt = 0 }) => idAt >= 0 && (idAt === 0 || idAt + idBytes <= body.length));
  check(fits, 'a request whose id does not fit into it');
  if (target.transport === 'ws') {
    const text = requests[0]?.text ?? false;
    check(requests.every((request) => (request.text ?? false) === text), 'messages are text or binary, not both');
  }
  if (load.loop === 'closed') {
    const { concurrency } = load;
    check(isWhole(concurrency, 500_000), `a concurrency of ${concurrency}`);
    const free = target.transport === 'ws' || concurrency <= connections;
    check(free, 'over HTTP a connection carries one request at a time');
    return;
  }
  check(load.due.length > 0, 'nothing is due in this schedule');
  check(load.due.every((at, i) => at >= (load.due[i - 1] ?? 0)), 'times at which requests are due must ascend');
}

function isWhole(value: number, most: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= most;
}
