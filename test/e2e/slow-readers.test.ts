import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { WebSocket } from 'ws';
import { seededMlp } from '../../models/recipes/dense.ts';
import { mlpOnnx } from '../../models/recipes/onnx/mlp.ts';
import { codecFor } from '../../server/client/codec.ts';
import { float32Tensor } from '../../server/core/tensor.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { NO_SHARED_PORT } from '../support/shared-port.ts';

const READERS = 1000;
const GREEDY = 8; // of them, that are owed more than the server keeps for one
const ANSWERS = 32;
const ANSWERS_GREEDY = 256;
const WIDTH = 16_384; // floats of an answer: 64 KiB
const BUFFERED_MAX = 1_048_576;
const MODEL = seededMlp(7, [1, WIDTH], 'sigmoid', { name: 'wide', input: 'x', output: 'y' });
const codec = codecFor('msgpack');

/** A socket that sends and does not read until it is told to. */
interface Reader {
  readonly ws: WebSocket;
  readonly asked: number;
  readonly ids: number[];
  closed: number; // code; 0 while open
  /** Resolves when all is answered or the socket is closed. */
  readonly done: Promise<void>;
}

for (const [what, frontEnds, skip] of [
  ['A thousand sockets that read nothing', '1', false],
  ['A thousand sockets on two front ends that read nothing', '2', NO_SHARED_PORT],
] as const) suite(what, { skip }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-slow-'));
  let server: ServerProcess;

  before(async () => {
    const home = join(folder, 'models', MODEL.name);
    mkdirSync(join(home, '1'), { recursive: true });
    writeFileSync(join(home, '1/model.onnx'), mlpOnnx(MODEL));
    writeFileSync(join(home, 'config.json'), JSON.stringify({
      name: MODEL.name, platform: 'onnxruntime_onnx', max_batch_size: 8,
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [1] }],
      output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [WIDTH] }],
    }));
    server = await startServer(join(folder, 'data'), undefined, 'auto', {
      VITRINE_MODELS: join(folder, 'models'), VITRINE_BUFFERED_BYTES_MAX: String(BUFFERED_MAX),
      VITRINE_FRONT_ENDS: frontEnds,
    });
  });
  after(async () => {
    await server?.kill();
    rmSync(folder, { recursive: true, force: true });
  });

  test('cost bounded memory and nobody else a wait; each answer comes, or the socket is told', async () => {
    const beforeMiB = await residentMiB(server);
    const readers: Reader[] = [];
    for (let i = 0; i < READERS; i += 1) {
      const reader = await open(server, i < GREEDY ? ANSWERS_GREEDY : i % 50 === 0 ? ANSWERS : 1);
      readers.push(reader);
      const ask = i < GREEDY || i % 50 === 0 ? infer : metadata;
      for (let id = 1; id <= reader.asked; id += 1) reader.ws.send(ask(id));
    }
    const visitor = await open(server, 1);
    visitor.ws.resume();
    const startMs = performance.now();
    visitor.ws.send(metadata(1));
    await once(visitor.ws, 'message');
    const waitedMs = performance.now() - startMs;
    const grownMiB = (await residentMiB(server)) - beforeMiB;

    for (const { ws } of readers) ws.resume();
    await Promise.all(readers.map((reader) => reader.done));
    // What the server may keep for a reader, and a message; the rest is what sockets cost.
    const boundMiB = (GREEDY * (BUFFERED_MAX + WIDTH * 4)) / 1_048_576 + READERS * 0.05 + 100;
    assert.ok(grownMiB < boundMiB, `${grownMiB.toFixed(0)} MiB`);
    assert.ok(waitedMs < 2000, `a visitor waited ${waitedMs.toFixed(0)} ms`);
    for (const [i, { asked, ids, closed }] of readers.entries()) {
      assert.equal(new Set(ids).size, ids.length, 'none is answered twice');
      if (ids.length < asked) assert.equal(closed, 1013, `reader ${i} got ${ids.length} of ${asked}`);
    }
    const told = readers.filter(({ closed }) => closed === 1013).length;
    assert.ok(told >= 1 && told <= GREEDY, `${told} were closed`);
    assert.ok(readers.slice(GREEDY).every(({ asked, ids }) => ids.length === asked));
    for (const { ws } of [...readers, visitor]) ws.terminate();
  });
});

function infer(id: number): Uint8Array {
  const input = float32Tensor('x', [1, 1], Float32Array.of(id));
  return codec.encode({ id, op: 'infer', model: MODEL.name, inputs: [input] }) as Uint8Array;
}

function metadata(id: number): Uint8Array {
  return codec.encode({ id, op: 'metadata', model: MODEL.name }) as Uint8Array;
}

async function open({ port }: ServerProcess, asked: number): Promise<Reader> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/ws`, ['vitrine.v1.msgpack'], { perMessageDeflate: false });
  let finish = (): void => {};
  const reader: Reader = {
    ws, asked, ids: [], closed: 0, done: new Promise((resolve) => (finish = resolve)),
  };
  ws.on('error', () => {});
  ws.on('close', (code) => {
    reader.closed = code;
    finish();
  });
  ws.on('message', (data: Buffer) => {
    const reply = codec.decode(Uint8Array.from(data).buffer) as { id: number };
    reader.ids.push(reply.id);
    if (reader.ids.length === asked) finish();
  });
  await once(ws, 'open');
  ws.pause();
  return reader;
}

async function residentMiB({ url }: ServerProcess): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) / 1_048_576;
}
