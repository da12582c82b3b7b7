/** A collector on this machine is sent the spans of requests over HTTP and WebSocket. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { seededMlp } from '../../models/recipes/dense.ts';
import { temporaryFolder, writeDense } from '../support/model-repository.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { SocketClient } from '../support/socket-client.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const MODEL = seededMlp(3, [2, 3, 1]);

interface Received {
  readonly traceId: string; readonly spanId: string; readonly parentSpanId?: string;
  readonly traceState?: string; readonly name: string; readonly kind: number;
  readonly startTimeUnixNano: string; readonly endTimeUnixNano: string;
  readonly attributes: { key: string; value: Record<string, unknown> }[];
  readonly status?: { code: number; message: string };
}

/** What `POST /v1/traces` brought. */
async function openCollector() {
  const spans: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      assert.equal(`${request.method} ${request.url}`, 'POST /v1/traces');
      assert.equal(request.headers['content-type'], 'application/json');
      const body = JSON.parse(Buffer.concat(parts).toString()) as {
        resourceSpans: { scopeSpans: { spans: Received[] }[] }[] };
      spans.push(...body.resourceSpans[0]!.scopeSpans[0]!.spans);
      response.setHeader('content-type', 'application/json');
      response.end('{"partialSuccess":{}}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { spans, url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

suite('traces of a running server', () => {
  let collector: Awaited<ReturnType<typeof openCollector>>;
  let server: ServerProcess;
  before(async () => {
    const folder = temporaryFolder();
    writeDense(join(folder, 'models'), 'm', MODEL, 'plain', { parameters: { placement: 'pool' } });
    collector = await openCollector();
    server = await startServer(folder, undefined, 'yes', {
      VITRINE_MODELS: join(folder, 'models'),
      VITRINE_OTLP_URL: collector.url,
      VITRINE_OTLP_RATE: '1',
    });
  });
  after(async () => {
    await server.kill();
    collector.close();
  });
  const input = { name: MODEL.input, datatype: 'FP32', shape: [1, 2], data: [1, 2] };
  const infer = (headers: Record<string, string>, body: object = { inputs: [input], id: 'r-1' }) =>
    fetch(`${server.url}/v2/models/m/infer`, { method: 'POST', headers, body: JSON.stringify(body) });
  const asked: string[] = [];

  test("a request in a caller's trace is answered with its own span of it", async () => {
    const answer = await infer({ traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'shop=1' });

    assert.equal(answer.status, 200);
    assert.match(answer.headers.get('traceparent') ?? '', new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
    assert.equal(answer.headers.get('tracestate'), 'shop=1');
    asked.push(answer.headers.get('traceparent')!.split('-')[2]!);
  });

  test('a caller that keeps nothing has nothing kept', async () => {
    const answer = await infer({ traceparent: `00-${'9'.repeat(32)}-${PARENT}-00` });
    assert.match(answer.headers.get('traceparent') ?? '', /^00-9{32}-[0-9a-f]{16}-00$/);
  });

  test('one that is refused is a trace as well', async () => {
    const wrong = { inputs: [{ ...input, shape: [1, 3], data: [1, 2, 3] }] };
    const answer = await infer({ traceparent: `00-${'5'.repeat(32)}-${PARENT}-01` }, wrong);
    assert.equal(answer.status, 400);
  });

  test('a WebSocket has it as fields, and may begin one', async () => {
    const client = await SocketClient.open(server.port, ['vitrine.v1.json']);
    const ask = async (more: object) => {
      client.send(JSON.stringify({ id: 7, op: 'infer', model: 'm', inputs: [input], ...more }));
      return JSON.parse((await client.next()).data.toString()) as Record<string, string>;
    };

    const reply = await ask({ traceparent: `00-${'7'.repeat(32)}-${PARENT}-01`, tracestate: 'a=b' });
    assert.match(reply['traceparent'] ?? '', /^00-7{32}-[0-9a-f]{16}-01$/);
    assert.equal(reply['tracestate'], 'a=b');
    assert.match((await ask({}))['traceparent'] ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    const broken = await ask({ traceparent: 'no such thing' });
    assert.match(broken['traceparent'] ?? '', /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/, 'begun anew');
    await client.close();
  });

  test('the collector has the spans once the server has ended: what waited is sent', async () => {
    const { headers } = await fetch(`${server.url}/metrics`);
    assert.equal(headers.get('traceparent'), null);
    assert.equal(await server.stop(), 0);

    const { spans } = collector;
    assert.ok(!spans.some(({ traceId }) => traceId === '9'.repeat(32)));
    const of = (traceId: string) => new Map(spans.filter((span) => span.traceId === traceId)
      .map((span) => [span.name, span]));
    const http = of(TRACE);
    assert.deepEqual([...http.keys()].sort(), ['batch', 'compute', 'infer m', 'queue']);
    const own = http.get('infer m')!;
    assert.deepEqual([own.spanId, own.parentSpanId, own.kind, own.traceState],
      [asked[0], PARENT, 2, 'shop=1']);
    assert.equal(http.get('queue')!.parentSpanId, own.spanId);
    assert.equal(http.get('batch')!.parentSpanId, own.spanId);
    assert.equal(http.get('compute')!.parentSpanId, http.get('batch')!.spanId);
    const attributes = Object.fromEntries(http.get('batch')!.attributes.map(({ key, value }) => [key, value]));
    assert.deepEqual(attributes, {
      'vitrine.batch.rows': { intValue: '1' }, 'vitrine.batch.reason': { stringValue: 'idle' },
    });
    const inOrder = ([from, until]: [string, string], inner: Received): void => {
      assert.ok(BigInt(from) <= BigInt(inner.startTimeUnixNano) + 1000n, inner.name);
      assert.ok(BigInt(inner.startTimeUnixNano) <= BigInt(inner.endTimeUnixNano), inner.name);
      assert.ok(BigInt(inner.endTimeUnixNano) <= BigInt(until) + 1000n, inner.name);
    };
    const whole: [string, string] = [own.startTimeUnixNano, own.endTimeUnixNano];
    for (const name of ['queue', 'batch', 'compute']) inOrder(whole, http.get(name)!);
    const ageMs = Date.now() - Number(BigInt(own.startTimeUnixNano) / 1_000_000n);
    assert.ok(ageMs >= 0 && ageMs < 60_000, `${ageMs} ms old`);

    const refused = of('5'.repeat(32));
    assert.deepEqual([...refused.keys()], ['infer m']);
    assert.equal(refused.get('infer m')!.status!.code, 2);
    const socket = of('7'.repeat(32)).get('infer m')!;
    assert.deepEqual(socket.attributes.find(({ key }) => key === 'vitrine.way')!.value,
      { stringValue: 'websocket' });
  });
});
