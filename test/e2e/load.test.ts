import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { WebSocketServer } from 'ws';
import { buildLoad, runLoad, type LoadPlan, type LoadReport } from '../../bench/load.ts';
import { makeCases, requestFile } from '../../bench/requests.ts';
import { seededMlp } from '../../models/recipes/dense.ts';
import { codecFor } from '../../server/client/codec.ts';

const MODEL = seededMlp(7, [4, 8, 1], 'sigmoid');
const CASES = makeCases(MODEL, 8, 11);
const folder = mkdtempSync(join(tmpdir(), 'vitrine-load-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));

// A fake server has no model: it finds the answer by the row it was sent.
const ANSWERS = new Map(CASES.map(({ row, answer }) => [row[0]?.toPrecision(6), answer]));
const answerOf = (inputs: ArrayLike<number>) => ANSWERS.get(inputs[0]?.toPrecision(6)) as number;

const skip = process.platform === 'linux' ? false : 'the load generator needs Linux';

suite('The load generator', { skip }, () => {
  test('sees a pause of the server in the latency of all that was due meanwhile', async () => {
    const report = await againstWebSocket({ pauseMs: 1000 }, { loop: 'open', rate: 500 });

    assert.ok(report.from_due_us.p999 >= 0.9e6, JSON.stringify(report.from_due_us));
    assert.ok(report.from_due_us.p50 >= 0.1e6, JSON.stringify(report.from_due_us));
    assert.equal(report.unanswered + report.failures + report.broken, 0);
  });

  test('tells waiting for a connection from waiting for an answer', async () => {
    const report = await againstHttp({ pauseMs: 600 }, { loop: 'open', rate: 500, connections: 2 });

    // Only two requests were on the wire in the pause; hundreds were due in it.
    assert.ok(report.from_due_us.p99 >= 0.4e6, JSON.stringify(report.from_due_us));
    assert.ok(report.from_send_us.p99 <= 0.3e6, JSON.stringify(report.from_send_us));
    assert.equal(report.unanswered + report.failures + report.broken, 0);
  });

  test('keeps its schedule: a constant rate is the rate that was asked for', async () => {
    const report = await againstWebSocket({}, { loop: 'open', rate: 400, arrivals: 'constant' });

    assert.ok(Math.abs(report.answers - 400) <= 1, String(report.answers)); // one second
    assert.equal(report.replies_total, report.sent_total);
  });

  test('never has more in flight in a closed loop than connections times depth', async () => {
    const server = { waitingMost: 0 };
    const report = await againstWebSocket({ server }, { loop: 'closed', connections: 4, depth: 3 });

    assert.equal(server.waitingMost, 12);
    assert.ok(report.answers > 100, String(report.answers));
    assert.ok(report.checked > 0);
    assert.equal(report.wrong, 0);
  });

  test('keeps to a window: what finds no room in time is not sent, and what is late is told', async () => {
    const server = { waitingMost: 0 };
    const plan = { loop: 'open', rate: 2000, connections: 2, window: 3, 'patience-ms': 20, 'deadline-ms': 60 } as const;
    const report = await againstWebSocket({ server, pauseMs: 300 }, plan);

    assert.ok(server.waitingMost <= 6, String(server.waitingMost));
    assert.ok(report.held > 100, String(report.held)); // of the pause, and of the queue after it
    assert.ok(report.in_time_per_s > 0 && report.in_time_per_s < report.answered_per_s);
    assert.equal(report.unanswered + report.failures + report.broken, 0);
  });

  test('counts wrong answers, sheds and failures for what they are', async () => {
    const wrong = await againstWebSocket({ say: (id) => ({ id, data: [2] }) }, CLOSED);
    const shed = await againstWebSocket({ say: (id) => ({ id, error: { code: 'overloaded' } }) }, CLOSED);
    const failed = await againstWebSocket({ say: (id) => ({ id, error: { code: 'backend' } }) }, CLOSED);

    assert.ok(wrong.checked > 0 && wrong.wrong === wrong.checked);
    assert.ok(shed.sheds > 0 && shed.answers === 0 && shed.failures === 0);
    assert.equal(shed.answered_per_s, 0);
    assert.ok(failed.failures > 0 && failed.answers === 0 && failed.sheds === 0);
  });

  test('counts what is never answered, with the time it has waited', async () => {
    const report = await againstWebSocket({ say: () => null }, { ...CLOSED, drain: 0.1 });

    assert.equal(report.unanswered, CLOSED.connections * CLOSED.depth);
    assert.ok(report.from_due_us.p50 >= 0.2e6);
  });

  test('speaks msgpack as the typed client does', async () => {
    const codec = codecFor('msgpack');
    const report = await againstWebSocket({ codec }, { loop: 'closed', wire: 'msgpack' });

    assert.ok(report.answers > 100 && report.checked > 0);
    assert.equal(report.wrong + report.broken, 0);
  });
});

const CLOSED = { loop: 'closed', connections: 2, depth: 2, seconds: 0.3, warm: 0 } as const;

interface Fake {
  readonly pauseMs?: number; // once, half a second after the first request
  readonly server?: { waitingMost: number };
  readonly say?: (id: number) => object | null; // JSON
  readonly codec?: ReturnType<typeof codecFor>; // msgpack, in place of JSON
}

async function againstWebSocket(fake: Fake, plan: Partial<LoadPlan>): Promise<LoadReport> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/ws' });
  const pause = pauseOnce(fake.pauseMs);
  let waiting: (() => void)[] = [];
  const answerAll = () => {
    if (fake.server) fake.server.waitingMost = Math.max(fake.server.waitingMost, waiting.length);
    const now = waiting;
    waiting = [];
    for (const answer of now) answer();
  };
  server.on('connection', (socket) => {
    socket.on('message', (data: Buffer) => {
      pause();
      const reply = fake.codec ? msgpackReply(fake.codec, data) : jsonReply(fake, data);
      if (reply === null) return;
      // After a while, so that a generator that sent too much would be found out.
      if (waiting.push(() => socket.send(reply)) === 1) setTimeout(answerAll, 2);
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const report = await load(plan, (server.address() as AddressInfo).port);
  for (const client of server.clients) client.terminate();
  server.close();
  return report;
}

function jsonReply({ say }: Fake, data: Buffer): string | null {
  const { id, inputs } = JSON.parse(data.toString()) as { id: number; inputs: number[] };
  const reply = say ? say(id) : { id, data: [answerOf(inputs)] };
  return reply === null ? null : JSON.stringify(reply);
}

function msgpackReply(codec: ReturnType<typeof codecFor>, data: Buffer): Uint8Array {
  const { id, inputs } = codec.decode(Uint8Array.from(data).buffer) as {
    id: number;
    inputs: { data: Uint8Array }[];
  };
  const row = new Float32Array(Uint8Array.from(inputs[0]?.data ?? []).buffer);
  const answer = new Uint8Array(Float32Array.of(answerOf(row)).buffer);
  const output = { name: 'output', datatype: 'FP32', shape: [1, 1], data: answer };
  return codec.encode({ id, model: 'mlp', outputs: [output] }) as Uint8Array;
}

async function againstHttp(fake: Fake, plan: Partial<LoadPlan>): Promise<LoadReport> {
  const pause = pauseOnce(fake.pauseMs);
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    pause();
    const body = jsonReply(fake, Buffer.concat(chunks)) ?? '';
    response.writeHead(200, { 'content-length': Buffer.byteLength(body) }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const port = (server.address() as AddressInfo).port;
  const report = await load({ transport: 'http', path: '/predict', ...plan }, port);
  server.closeAllConnections();
  server.close();
  return report;
}

async function load(plan: Partial<LoadPlan>, port: number): Promise<LoadReport> {
  buildLoad();
  const wire = plan.wire ?? 'json';
  const requests = join(folder, `${wire}.requests`);
  writeFileSync(requests, requestFile(MODEL, CASES, wire === 'json' ? 'peer' : 'msgpack'));
  const base = { transport: 'ws', path: '/ws', loop: 'closed', connections: 4, seconds: 1, warm: 0.2 } as const;
  return runLoad({ ...base, ...plan, wire, requests, port }, null);
}

/** Blocks the whole process for once: a garbage collection at its worst. */
function pauseOnce(ms = 0): () => void {
  let dueMs = Infinity;
  let paused = ms === 0;
  return () => {
    if (paused) return;
    if (dueMs === Infinity) dueMs = performance.now() + 500;
    if (performance.now() < dueMs) return;
    paused = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  };
}
