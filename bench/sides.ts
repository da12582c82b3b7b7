/** The servers that `serve` compares, each in a process of its own on the servers' core. */
import { join } from 'node:path';
import type { DenseModel } from '../models/recipes/dense.ts';
import type { LoadPlan } from './load.ts';
import { ROOT } from './machine.ts';
import { type Pin, startServer, type ServerProcess } from './process.ts';
import { writeModel } from './repository.ts';
import type { Encoding } from './requests.ts';

const POOLED = 'pooled'; // the same network, run by a worker

/** One server as one client would use it. */
export interface Side {
  readonly name: string;
  readonly encoding: Encoding;
  readonly model: string; // as its requests name it
  readonly server: ServerProcess;
  readonly plan: Pick<LoadPlan, 'transport' | 'wire' | 'path' | 'subprotocol' | 'lists'>;
  /**
   * uWebSockets.js closes an HTTP connection whose next request comes before the last one's answer.
   */
  readonly pipelines: boolean;
  /** Vitrine's other faces are measured in the closed loops alone. */
  readonly openLoop: boolean;
  /** Whether it says something where one request is in flight at a time; it does where absent. */
  readonly alone?: boolean;
}

/** Starts all of them over the same model file; `folder` takes Vitrine's repository and data. */
export async function startSides(model: DenseModel, folder: string): Promise<Side[]> {
  const modelFile = writeModel(model, join(folder, 'models'));
  writeModel(model, join(folder, 'models'), POOLED, 'pool');
  const vitrine = await startVitrine(folder, model.name);
  const peer = (name: string) => startServer([join(ROOT, 'dist/bench/peers', name), modelFile]);
  const wsPeer = await peer('ws-json.js');
  const fastifyPeer = await peer('fastify-json.js');
  return [
    {
      name: 'Vitrine',
      model: model.name,
      encoding: 'msgpack',
      server: vitrine,
      plan: { transport: 'ws', wire: 'msgpack', path: '/ws', subprotocol: 'vitrine.v1.msgpack' },
      pipelines: true,
      openLoop: true,
    },
    ...[['Vitrine, in lists', model.name], ['Vitrine, pooled, in lists', POOLED]].map(
      ([name, asked]): Side => ({
        name: name as string,
        model: asked as string,
        encoding: 'msgpack',
        server: vitrine,
        plan: {
          transport: 'ws', wire: 'msgpack', path: '/ws', subprotocol: 'vitrine.v1.msgpack',
          lists: 16,
        },
        pipelines: true,
        openLoop: false,
        alone: false,
      })),
    {
      name: 'Vitrine, pooled',
      model: POOLED,
      encoding: 'msgpack',
      server: vitrine,
      plan: { transport: 'ws', wire: 'msgpack', path: '/ws', subprotocol: 'vitrine.v1.msgpack' },
      pipelines: true,
      openLoop: false,
    },
    {
      name: 'ws + JSON',
      model: model.name,
      encoding: 'peer',
      server: wsPeer,
      plan: { transport: 'ws', wire: 'json', path: '/ws' },
      pipelines: true,
      openLoop: true,
    },
    {
      name: 'fastify + JSON',
      model: model.name,
      encoding: 'peer',
      server: fastifyPeer,
      plan: { transport: 'http', wire: 'json', path: '/predict' },
      pipelines: true,
      openLoop: true,
    },
    {
      name: 'Vitrine, JSON on ws',
      model: model.name,
      encoding: 'json',
      server: vitrine,
      plan: { transport: 'ws', wire: 'json', path: '/ws', subprotocol: 'vitrine.v1.json' },
      pipelines: true,
      openLoop: false,
    },
    {
      name: 'Vitrine, KServe HTTP',
      model: model.name,
      encoding: 'kserve',
      server: vitrine,
      plan: { transport: 'http', wire: 'json', path: `/v2/models/${model.name}/infer` },
      pipelines: false,
      openLoop: false,
    },
  ];
}

/**
 * Vitrine over the repository in `folder`, with the model ready; on the servers' core if none is
 * named.
 */
export async function startVitrine(
  folder: string, model: string, settings: Readonly<Record<string, string>> = {},
  core?: Pin,
): Promise<ServerProcess> {
  const server = await startServer([join(ROOT, 'dist/server/main.js')], {
    PORT: '0',
    VITRINE_HOST: '127.0.0.1',
    VITRINE_MODELS: join(folder, 'models'),
    VITRINE_DATA: join(folder, 'data'),
    VITRINE_DEMO: 'yes', // its store is as full as a shop's
    ...settings,
  }, core);
  await untilReady(server.port, model);
  return server;
}

export async function stopSides(sides: readonly Side[]): Promise<void> {
  for (const server of new Set(sides.map((side) => side.server))) await server.stop();
}

async function untilReady(port: number, model: string): Promise<void> {
  const url = `http://127.0.0.1:${port}/v2/models/${model}/ready`;
  for (let tries = 0; tries < 200; tries += 1) {
    if ((await fetch(url).catch(() => null))?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Vitrine did not make '${model}' ready within 10 s`);
}
