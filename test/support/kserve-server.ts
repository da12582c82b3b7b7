/** KServe v2 over a real socket in front of models that answer as the test says. */
import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';
import { PhaseStats } from '../../server/batch/phase-stats.ts';
import { parseConfig } from '../../server/catalog/parse-config.ts';
import { Log } from '../../server/core/log.ts';
import { DATATYPE_BYTES, type Datatype } from '../../server/core/tensor.ts';
import { Line } from '../../server/fronts/line.ts';
import { relayHttp, takeHttp } from '../../server/fronts/relay-http.ts';
import { addKserveRoutes, type KserveParts } from '../../server/routes/kserve.ts';
import { Router } from '../../server/routes/router.ts';
import { loadTransport } from '../../server/transport/load.ts';
import type { HttpRequest, HttpRespond, Transport } from '../../server/transport/transport.ts';
import type { FakeModel } from './fake-lane.ts';
import { kservePartsOf } from './kserve-parts.ts';
import { makeSessions, SUM } from './make-sessions.ts';
import { RawConnection } from './raw-http.ts';

export interface Vector {
  readonly title: string;
  readonly method?: string; // POST where there is a body
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly status: number;
  /** Those that the answer must have; '' is one that it may not have. */
  readonly answerHeaders?: Readonly<Record<string, string>>;
  /** To the byte. */
  readonly answer: string | Uint8Array;
}

const DATATYPES = Object.keys(DATATYPE_BYTES) as Datatype[];

/** y = x, two elements of the datatype that the model is named after. */
const ECHOES = DATATYPES.map((datatype): FakeModel => ({
  name: datatype.toLowerCase(),
  inputs: [{ name: 'x', datatype, dims: [2] }],
  outputs: [{ name: 'y', datatype, dims: [2] }],
  rowsMax: 4,
  row: ([x], [y]) => y!.set(x!),
}));

/** Two of each, and no batch dimension. */
const PAIR: FakeModel = {
  name: 'pair',
  inputs: [{ name: 'a', datatype: 'INT32', dims: [2] }, { name: 'b', datatype: 'INT32', dims: [2] }],
  outputs: [{ name: 'c', datatype: 'INT32', dims: [2] }, { name: 'd', datatype: 'INT32', dims: [2] }],
  rowsMax: 0,
  row: ([a, b], [c, d]) => {
    c!.set(a!);
    d!.set(b!);
  },
};

/** Three texts, and any number of integers, as they came. */
const LOOSE = [['bytes', 'BYTES', 3], ['open', 'INT32', -1], ['text', 'BYTES', 1]] as const;
const LOOSE_ECHOES = LOOSE.map(([name, datatype, size]): FakeModel => ({
  name,
  inputs: [{ name: 'x', datatype, dims: [size] }],
  outputs: [{ name: 'y', datatype, dims: [size] }],
  rowsMax: 4,
  row: () => {},
  looseRow: (row) => row,
}));

/** A text as it came, beside a number that is not looked at. */
const SAY: FakeModel = {
  name: 'say',
  inputs: [
    { name: 'text_input', datatype: 'BYTES', dims: [1] }, { name: 'times', datatype: 'INT64', dims: [-1] },
  ],
  outputs: [
    { name: 'text_output', datatype: 'BYTES', dims: [1] }, { name: 'times', datatype: 'INT64', dims: [-1] },
  ],
  rowsMax: 4,
  row: () => {},
  looseRow: (row) => row,
};

const CONFIG = parseConfig({
  platform: 'plain', max_batch_size: 8,
  input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [4] }],
  output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [1], label_filename: 'labels.txt' }],
  instance_group: [{ count: 2 }],
  parameters: { note: 'a sum' },
}, 'sum');

/** Two runs of three requests: one row alone, then two that came 1 ms apart. */
const PHASES = new PhaseStats(8);
PHASES.ran({ jobRows: 1, startedUs: 1000, inputNs: 10, outputNs: 20 }, 2000, 1_700_000_000_001);
PHASES.answered(1, 500_000, { jobRows: 1, startedUs: 1000, inputNs: 10, outputNs: 20 }, 2000);
PHASES.ran({ jobRows: 2, startedUs: 4000, inputNs: 30, outputNs: 40 }, 4500.5, 1_700_000_000_002);
PHASES.answered(2, 3_000_000, { jobRows: 2, startedUs: 4000, inputNs: 30, outputNs: 40 }, 4500.5);
PHASES.failed(0, 7);

export const LABELS = ['lamp', 'chair', ''];

export async function openKserveServer(more: Partial<KserveParts> = {}) {
  const bodyBytesMax = 100_000;
  const { lanes, clock } = makeSessions([SUM, PAIR, ...ECHOES, ...LOOSE_ECHOES, SAY]);
  const logged: string[] = [];
  const router = new Router(new Log('warn', (line) => logged.push(line)));
  const parts = {
    ...kservePartsOf(lanes, clock), ...more,
    details: { config: () => CONFIG, labels: () => LABELS },
    stats: () => [{ model: 'sum', version: '1', memoryBytes: 640, failures: 1, phases: PHASES }],
  };
  addKserveRoutes(router, parts);
  const relay = openRelay(router);
  const [own, relayed] = await Promise.all([router.handle.bind(router), relay.http].map(async (http) => {
    const handler = { http, open: () => {}, message: () => {}, close: () => {} };
    const { transport } = loadTransport('auto', handler, {
      bodyBytesMax, messageBytesMax: 1000, bufferedBytesMax: 1_000_000, idleSecondsMax: 60,
    });
    return { transport, port: await transport.listen('127.0.0.1', 0) };
  })) as [Listening, Listening];
  RELAYED.set(own.port, relayed.port);
  const close = async (): Promise<void> => {
    await Promise.all([own, relayed].map(({ transport }) => transport.close()));
    relay.close();
  };
  return { port: own.port, parts, lanes, logged, router, clock, close };
}

interface Listening {
  readonly transport: Transport;
  readonly port: number;
}

/** Ports on which the same is answered by way of another front end, by those on which it is not. */
const RELAYED = new Map<number, number>();

/** What a front end asks of another for each request that it does not run itself. */
function openRelay(router: Router) {
  const { port1, port2 } = new MessageChannel();
  const line = new Line(port1);
  takeHttp(new Line(port2), router);
  return {
    http: (request: HttpRequest, respond: HttpRespond) => relayHttp(line, request, respond),
    close: () => port1.close(),
  };
}

/** Sends the vector's bytes and looks at those of the answer; then the same by way of another thread. */
export async function checkVector(port: number, vector: Vector): Promise<void> {
  await checkAnswer(port, vector);
  const relayed = RELAYED.get(port);
  if (relayed !== undefined) await checkAnswer(relayed, vector);
}

/** Sends the bytes once. */
export async function checkAnswer(port: number, vector: Vector): Promise<void> {
  const { status, headers, body } = await exchange(port, requestBytes(vector));

  const want = Buffer.from(vector.answer as string).toString('latin1');
  assert.deepEqual([status, body.toString('latin1')], [vector.status, want]);
  for (const [name, value] of Object.entries(vector.answerHeaders ?? {})) {
    assert.equal(headers[name] ?? '', value, name);
  }
}

export function requestBytes({ method, path, headers = {}, body }: Vector): Buffer {
  const content = body === undefined ? null : Buffer.from(body as string);
  const lines = [`${method ?? (content ? 'POST' : 'GET')} ${path} HTTP/1.1`, 'Host: localhost:8000'];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (content) lines.push(`Content-Length: ${content.byteLength}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), content ?? Buffer.alloc(0)]);
}

export interface Exchanged {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** One request on a connection of its own, both ends as bytes. */
export async function exchange(port: number, request: Uint8Array): Promise<Exchanged> {
  const connection = await RawConnection.open(port);
  connection.write(request);
  const text = await connection.until((got) => parseAnswer(got) !== null);
  connection.destroy();
  const answer = parseAnswer(text);
  assert.ok(answer, `the connection closed after: ${text}`);
  return answer;
}

/** Null while something is missing. */
export function parseAnswer(text: string): Exchanged | null {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const body = text.slice(end + 4);
  if (body.length < Number(headers['content-length'] ?? 0)) return null;
  return { status: Number(first.split(' ')[1]), headers, body: Buffer.from(body, 'latin1') };
}

/** Bytes behind a JSON head, as the binary extension wants them. */
export function withBinary(
  json: object, ...behind: Uint8Array[]
): { body: Buffer; headers: Record<string, string> } {
  const head = Buffer.from(JSON.stringify(json));
  return {
    body: Buffer.concat([head, ...behind]),
    headers: {
      'Content-Type': 'application/octet-stream',
      'Inference-Header-Content-Length': String(head.byteLength),
    },
  };
}
