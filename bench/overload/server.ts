/** The server in overload over its sockets: twice what it can do, and readers that do not read. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { WebSocket } from 'ws';
import type { DenseModel } from '../../models/recipes/dense.ts';
import { mlpOnnx } from '../../models/recipes/onnx/mlp.ts';
import { codecFor } from '../../server/client/codec.ts';
import { runLoad, type LoadPlan, type LoadReport } from '../load.ts';
import { ROOT } from '../machine.ts';
import { residentMiB } from './memory.ts';
import { CORES, startServer, type ServerProcess } from '../process.ts';
import { requestFile, type Case } from '../requests.ts';

const SOCKETS = 64;

export interface Served {
  readonly model: DenseModel;
  readonly config: object; // beside name, platform and tensors
}

/** The models as a repository in `folder`. */
export function writeModels(folder: string, models: readonly Served[]): void {
  for (const { model, config } of models) {
    const home = join(folder, model.name);
    mkdirSync(join(home, '1'), { recursive: true });
    writeFileSync(join(home, 'config.json'), JSON.stringify({
      name: model.name,
      platform: 'onnxruntime_onnx',
      input: [{ name: model.input, data_type: 'TYPE_FP32', dims: [model.layers[0]?.inputs] }],
      output: [{ name: model.output, data_type: 'TYPE_FP32', dims: [model.layers.at(-1)?.units] }],
      ...config,
    }));
    writeFileSync(join(home, '1/model.onnx'), mlpOnnx(model));
  }
}

export async function openServer(
  folder: string, models: readonly string[],
): Promise<ServerProcess> {
  const server = await startServer([join(ROOT, 'dist/server/main.js')], {
    PORT: '0', VITRINE_HOST: '127.0.0.1', VITRINE_MODELS: join(folder, 'models'),
    VITRINE_DATA: join(folder, 'data'), VITRINE_DEMO: 'yes', VITRINE_WORKERS: '1',
  });
  for (const model of models) {
    const url = `http://127.0.0.1:${server.port}/v2/models/${model}/ready`;
    for (let tries = 0; !(await fetch(url).catch(() => null))?.ok; tries += 1) {
      if (tries === 200) throw new Error(`'${model}' was not ready within 10 s`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return server;
}

/** What a socket may leave unanswered where 64 of them keep to their credit. */
export async function creditOf({ port }: ServerProcess): Promise<number> {
  const codec = codecFor('msgpack');
  const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => connect(port)));
  let credit = 0;
  for (const socket of sockets) {
    socket.send(codec.encode({ id: 1, op: 'credit' }));
    const [data] = (await once(socket, 'message')) as [Buffer];
    credit = (codec.decode(new Uint8Array(data).buffer) as { credit: number }).credit;
  }
  for (const socket of sockets) socket.terminate();
  return credit;
}

/** A generator's run over 64 sockets; with a deadline where one is given. */
export async function drive(
  server: ServerProcess, folder: string, model: DenseModel, cases: readonly Case[],
  how: Pick<LoadPlan, 'loop' | 'seconds' | 'warm'> & Partial<LoadPlan>, deadlineMs?: number,
): Promise<LoadReport> {
  const requests = join(folder, `${model.name}-${deadlineMs ?? 'none'}.requests`);
  const more = deadlineMs === undefined ? {} : { deadlineMs };
  writeFileSync(requests, requestFile(model, cases, 'msgpack', more));
  return runLoad({
    port: server.port, transport: 'ws', wire: 'msgpack', path: '/ws',
    subprotocol: 'vitrine.v1.msgpack', connections: SOCKETS, requests, ...how,
  }, CORES.load);
}

/**
 * `count` sockets that each ask for `requests` answers of some size and read none of them. Gives
 * how much memory that took, how many were closed for it, and what a reader waits meanwhile.
 */
export async function slowReaders(
  server: ServerProcess, model: DenseModel, count: number, requests: number,
): Promise<{ grownMiB: number; closed: number; pingMs: number }> {
  const beforeMiB = residentMiB(server);
  const codec = codecFor('msgpack');
  const frame = (id: number): Uint8Array | string =>
    codec.encode({ id, op: 'metadata', model: model.name });
  const sockets: WebSocket[] = [];
  let closed = 0;
  for (let i = 0; i < count; i += 1) {
    const socket = await connect(server.port);
    socket.on('close', () => (closed += 1));
    socket.on('error', () => {});
    socket.pause();
    for (let id = 0; id < requests; id += 1) socket.send(frame(id));
    sockets.push(socket);
  }
  const reader = await connect(server.port);
  const startMs = performance.now();
  reader.send(frame(1));
  await once(reader, 'message');
  const pingMs = performance.now() - startMs;
  const grownMiB = residentMiB(server) - beforeMiB;
  for (const socket of [...sockets, reader]) socket.terminate();
  return { grownMiB, closed, pingMs };
}

async function connect(port: number): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['vitrine.v1.msgpack'],
    { perMessageDeflate: false });
  await once(socket, 'open');
  return socket;
}
