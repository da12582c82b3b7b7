/** Who takes part in `peers`: the same network behind each, and who cannot be had here and why. */
import { lookup } from 'node:dns/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DenseModel } from '../../models/recipes/dense.ts';
import { mlpOnnx } from '../../models/recipes/onnx/mlp.ts';
import type { LoadPlan } from '../load.ts';
import { ROOT } from '../machine.ts';
import { type Missing, pythonWith } from '../optional.ts';
import { CORES, startServer, type ServerProcess } from '../process.ts';
import { writeModel } from '../repository.ts';
import type { Encoding } from '../requests.ts';
import { startVitrine } from '../sides.ts';
import { findWebPeer } from './web.ts';

/** A server as its users would call it. */
export interface Contestant {
  readonly name: string;
  readonly encoding: Encoding;
  readonly model: string; // as its requests name it
  readonly plan: Pick<LoadPlan, 'transport' | 'wire' | 'path' | 'subprotocol' | 'host'>;
  /** Null for a server that somebody else runs: its CPU time is not known. */
  readonly server: ServerProcess | null;
  readonly port: number;
}

export interface Roster {
  readonly contestants: readonly Contestant[];
  /** One line for each that is left out. */
  readonly notes: readonly string[];
  readonly versions: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

const NOT_FETCHED: Missing = { missing: 'a test fetches nothing' };
const RAY_START_MS_MAX = 120_000;

/**
 * Starts all that can be had, each pinned to the servers' core with all its processes. `v2` is the
 * URL of a model on somebody's KServe v2 server, as `http://127.0.0.1:8000/v2/models/NAME`: it must
 * take 32 FP32 features. `fetched` says whether those take part that are no dependency of ours.
 */
export async function startRoster(
  model: DenseModel, folder: string, v2: string | undefined, fetched: boolean,
): Promise<Roster> {
  const file = join(folder, 'model.onnx');
  writeModel(model, join(folder, 'models'));
  writeFileSync(file, mlpOnnx(model));
  const contestants: Contestant[] = [];
  const notes: string[] = [];
  const versions: Record<string, string> = {};
  const json = { transport: 'http', wire: 'json', path: '/predict' } as const;

  const vitrine = await startVitrine(folder, model.name);
  const own = { model: model.name, server: vitrine, port: vitrine.port };
  const socket = { transport: 'ws', wire: 'msgpack', path: '/ws' } as const;
  const v2Path = `/v2/models/${model.name}/infer`;
  contestants.push(
    { ...own, name: 'Vitrine, WebSocket', encoding: 'msgpack',
      plan: { ...socket, subprotocol: 'vitrine.v1.msgpack' } },
    { ...own, name: 'Vitrine, KServe JSON', encoding: 'kserve', plan: { ...json, path: v2Path } },
  );

  /** Starts a peer of our own making; one that does not start is left out and named. */
  const add = async (
    name: string, plan: Contestant['plan'], found: Missing | object, start: () => Promise<ServerProcess>,
  ): Promise<void> => {
    if ('missing' in found) {
      notes.push(`${name} is left out: ${(found as Missing).missing}`);
      return;
    }
    try {
      const server = await start();
      contestants.push({ name, encoding: 'peer', model: model.name, plan, server, port: server.port });
    } catch (error) {
      notes.push(`${name} is left out: ${(error as Error).message.split('\n').slice(0, 3).join(' ')}`);
    }
  };
  const node = (program: string) => () =>
    startServer([join(ROOT, 'dist/bench/peers', program), file]);
  await add('ws + JSON', { transport: 'ws', wire: 'json', path: '/ws' }, {}, node('ws-json.js'));
  await add('fastify', json, {}, node('fastify-json.js'));
  const express = fetched ? findWebPeer('express') : NOT_FETCHED;
  if ('version' in express) versions['express'] = express.version;
  await add('Express', json, express, node('express-json.js'));

  for (const { name, script, modules, startMs } of PYTHON) {
    const python = fetched ? pythonWith(modules) : NOT_FETCHED;
    if ('python' in python) Object.assign(versions, python.versions);
    await add(name, json, python, () => startServer(
      [join(ROOT, 'bench/peers', script), file], {}, CORES.server, startMs,
      'python' in python ? python.python : ''));
  }
  if (v2 !== undefined) {
    const found = await foreign(v2, model);
    if ('missing' in found) notes.push(`${v2} is left out: ${found.missing}`);
    else contestants.push(found);
  }
  return {
    contestants, notes, versions,
    async stop() {
      const servers = new Set(contestants.map(({ server }) => server));
      for (const server of servers) await server?.stop();
    },
  };
}

const PYTHON = [
  {
    name: 'FastAPI', script: 'fastapi_json.py', startMs: 60_000,
    modules: { fastapi: 'fastapi', uvicorn: 'uvicorn', onnxruntime: 'onnxruntime', numpy: 'numpy' },
  },
  {
    name: 'Ray Serve', script: 'ray_serve.py', startMs: RAY_START_MS_MAX,
    modules: { ray: 'ray', starlette: 'starlette', onnxruntime: 'onnxruntime', numpy: 'numpy' },
  },
] as const;

/** A server that speaks KServe v2, whoever made it; or why it cannot take part. */
async function foreign(url: string, model: DenseModel): Promise<Contestant | Missing> {
  const where = URL.canParse(url) ? new URL(url) : null;
  const name = /\/v2\/models\/([^/]+)\/?$/.exec(where?.pathname ?? '')?.[1];
  if (!where || !name || where.protocol !== 'http:') {
    return { missing: 'it is not of the form http://HOST:PORT/v2/models/NAME' };
  }
  let host: string;
  try {
    host = (await lookup(where.hostname, 4)).address;
    const response = await fetch(where);
    if (!response.ok) return { missing: `it answers ${response.status} for its metadata` };
    const { inputs = [] } = (await response.json()) as {
      inputs?: { name: string; datatype: string; shape: (number | string)[] }[];
    };
    const [input] = inputs;
    const width = model.layers[0]?.inputs;
    if (inputs.length !== 1 || input?.datatype !== 'FP32' || Number(input.shape.at(-1)) !== width) {
      return { missing: `its model does not take one FP32 input of ${width}: serve the ONNX file of this bench` };
    }
    if (input.name !== model.input) return { missing: `its input is '${input.name}', not '${model.input}'` };
  } catch (error) {
    return { missing: `it does not answer: ${(error as Error).message}` };
  }
  return {
    name: `v2 at ${where.host}`,
    encoding: 'kserve',
    model: name,
    plan: {
      transport: 'http', wire: 'json', path: `/v2/models/${name}/infer`, host,
    },
    server: null,
    port: Number(where.port || 80),
  };
}
