/** Load on a model of a Vitrine that this process has started: requests of one row over WebSocket. */
import { makeInputs } from './inputs.ts';
import { httpBase, readModelInfo } from './model-info.ts';
import { socketRequest } from './model-requests.ts';
import { parseTarget } from './parse-target.ts';
import type { Plan } from './plan.ts';

const CONNECTIONS = 64;
const REQUESTS = 256;

/** All of a plan but how much is offered; inputs are random, of the seed. */
export async function ownModelPlan(
  port: number, model: string, seed: number, core: number | null,
): Promise<Omit<Plan, 'load'>> {
  const target = parseTarget(`ws://127.0.0.1:${port}/ws`, 'ws', {
    replies: { by: 'msgpack' }, subprotocol: 'vitrine.v1.msgpack',
  });
  const info = await readModelInfo(httpBase(target), model, '', {});
  const inputs = makeInputs(info, {
    data: 'random', batchSize: 1, shapes: {}, stringLength: 8, seed, count: REQUESTS,
  });
  const requests = inputs.map((tensors) => ({ ...socketRequest('msgpack', info, tensors, {}), kind: 0 }));
  return { target, requests, connections: CONNECTIONS, drainSeconds: 1, core };
}

/** Resident bytes of a server as its own metrics have them; NaN where it does not say. */
export async function residentBytes(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes(?:\{[^}]*\})? (\S+)$/m.exec(text)?.[1] ?? NaN);
}
