/** The server that trouble is made for, and the tools to make it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { codecFor } from '../../server/client/codec.ts';
import type { CallOptions, VitrineClient } from '../../server/client/types.ts';
import { Prng } from '../../server/core/prng.ts';
import { float32Tensor, float32View } from '../../server/core/tensor.ts';
import { residentBytes } from '../lab/own-model.ts';
import { startVitrine } from '../sides.ts';
import { type ServerProcess } from '../process.ts';
import { Witness } from './witness.ts';

/** Answers 2x at once, on the sockets' own thread. */
export const CALM = 'chaos-calm';
/** Ends its thread, hangs, or takes its time, as it is told; answers 2x else. In the pool. */
export const WILD = 'chaos-wild';
/** One value in, 64 KiB out. */
export const WIDE = 'chaos-wide';

export const TOLD = { exit: -1, hang: -2, slow: -3 } as const;
export const QUEUE_MAX = 64; // of the wild one
export const RUN_MS_MAX = 1500;
const SLOW_MS = 100; // of a run told to be slow
const WIDTH = 16_384;
export const BUFFERED_BYTES_MAX = 1_048_576;

const WILD_CODE = `
export default () => ({
  run([x], rows, [y]) {
    for (let row = 0; row < rows; row += 1) {
      if (x[row] === ${TOLD.exit}) process.exit(3);
      if (x[row] === ${TOLD.hang}) for (;;);
    }
    if (x.subarray(0, rows).includes(${TOLD.slow})) {
      for (const end = Date.now() + ${SLOW_MS}; Date.now() < end;);
    }
    for (let row = 0; row < rows; row += 1) y[row] = 2 * x[row];
  },
});
`;

const codec = codecFor('msgpack');

export interface World {
  /** `http://HOST:PORT`. */
  readonly url: string;
  /** The model that bystanders ask, and its input. */
  readonly witness: Witness;
  readonly prng: Prng;
  /** The server's own process and the folder that it reads; null for one that somebody else runs. */
  readonly own: { readonly server: ServerProcess; readonly folder: string } | null;
  /** How long trouble lasts where it can last, in seconds. */
  readonly seconds: number;
  /** How long a bystander may wait for an answer. */
  readonly patienceMs: number;
}

/** A server with the models of this file; `environment` is what a scenario needs beside. */
export async function startOwn(environment: Readonly<Record<string, string>>): Promise<NonNullable<World['own']>> {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-chaos-'));
  try {
    writeModels(join(folder, 'models'));
    const server = await startVitrine(folder, CALM, {
      VITRINE_DEMO: 'no', VITRINE_WORKERS: '1', VITRINE_RUN_MS_MAX: String(RUN_MS_MAX),
      VITRINE_MODEL_CONTROL: 'explicit', VITRINE_LOG: 'error',
      VITRINE_BUFFERED_BYTES_MAX: String(BUFFERED_BYTES_MAX), ...environment,
    }, null);
    return { server, folder };
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw cause;
  }
}

export async function stopOwn(own: NonNullable<World['own']>): Promise<void> {
  await own.server.stop();
  rmSync(own.folder, { recursive: true, force: true });
}

function writeModels(repository: string): void {
  const one = (name: string, wide = 1) => [{ name, data_type: 'TYPE_FP32', dims: [wide] }];
  const dense = (units: number) => JSON.stringify({
    layers: [{
      type: 'dense', inputs: 1, units,
      weight: Array.from({ length: units }, () => 2), bias: Array.from({ length: units }, () => 0),
    }],
  });
  const common = { input: one('x'), output: one('y') };
  write(repository, CALM, 'model.plain.json', dense(1), {
    ...common, platform: 'plain', max_batch_size: 8, parameters: { placement: 'inline' },
  });
  write(repository, WIDE, 'model.plain.json', dense(WIDTH), {
    ...common, output: one('y', WIDTH), platform: 'plain', max_batch_size: 1, parameters: { placement: 'inline' },
  });
  write(repository, WILD, 'pipeline.mjs', WILD_CODE, {
    ...common, platform: 'pipeline', max_batch_size: 1, parameters: { placement: 'pool' },
    dynamic_batching: { max_queue_size: QUEUE_MAX },
  });
}

function write(repository: string, name: string, file: string, text: string, config: object): void {
  const folder = join(repository, name, '1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, file), text);
  writeFileSync(join(repository, name, 'config.json'), JSON.stringify({ name, ...config }));
}

/** A frame that asks a model of one value. */
export function inferFrame(id: number, model: string, x: number): Uint8Array {
  const input = float32Tensor('x', [1, 1], Float32Array.of(x));
  return codec.encode({ id, op: 'infer', model, inputs: [input] }) as Uint8Array;
}

/** The replies in a frame, which is a list of them where lists were sent: ids, and errors' codes. */
export function readReplies(data: Buffer): { id: number | null; code: string }[] {
  const said = codec.decode(Uint8Array.from(data).buffer) as Said | Said[];
  return [said].flat().map(({ id, error }) => ({ id, code: error?.code ?? 'ok' }));
}

interface Said {
  readonly id: number | null;
  readonly error?: { readonly code?: string };
}

/** An open socket that speaks the product's msgpack. Fails when the server does not take it. */
export async function openSocket(url: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/ws`, ['vitrine.v1.msgpack'], {
    perMessageDeflate: false, handshakeTimeout: 10_000,
  });
  socket.on('error', () => {});
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('close', () => reject(new Error('the server closed a socket before it was open')));
  });
  return socket;
}

/** What the bystanders of an own server ask: their answer is looked at too. */
export async function askCalm(client: VitrineClient, options: CallOptions = {}): Promise<void> {
  const inputs = [float32Tensor('x', [1, 1], Float32Array.of(21))];
  const { outputs } = await client.infer({ model: CALM, inputs }, options);
  const y = outputs[0] ? float32View(outputs[0])[0] : NaN;
  // A swap gives the model a bias below a thousand, and never a fraction.
  if (y === undefined || y < 42 || y % 1 !== 0) throw new Error(`a wrong answer: ${y}`);
}

/** Of an own model over HTTP: y, or the status and the error. */
export async function ask(url: string, model: string, x: number): Promise<number | string> {
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [x] }];
  const answer = await fetch(`${url}/v2/models/${model}/infer`, {
    method: 'POST', body: JSON.stringify({ inputs }), signal: AbortSignal.timeout(20_000),
  });
  const body = (await answer.json()) as { error?: string; outputs?: { data: number[] }[] };
  return body.outputs?.[0]?.data[0] ?? `${answer.status} ${body.error}`;
}

/** Asks until `good` holds or `seconds` are over; says whether it came to hold. */
export async function comes(seconds: number, good: () => Promise<boolean>): Promise<boolean> {
  const endMs = performance.now() + seconds * 1000;
  for (;;) {
    if (await good().catch(() => false)) return true;
    if (performance.now() > endMs) return false;
    await sleep(50);
  }
}

/** MiB that the server's process keeps, as its metrics have it; NaN where it does not say. */
export async function residentMiB(url: string): Promise<number> {
  return (await residentBytes(url)) / 2 ** 20;
}
