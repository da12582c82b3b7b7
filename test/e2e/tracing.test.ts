/** A collector on this machine is sent the spans of requests over HTTP and WebSocket. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { seededMlp } from '../../models/recipes/dense.ts';
import { temporaryFolder, writeDense, writeFiles } from '../support/model-repository.ts';
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
    const tensor = (name: string, size: number): object[] =>
      [{ name, data_type: 'TYPE_FP32', dims: [size] }];
    writeFiles(join(folder, 'models'), { 'both/config.json': JSON.stringify({
      platform: 'ensemble', max_batch_size: 4, input: tensor('in', 2), output: tensor('out', 1),
      ensemble_scheduling: { step: [{
        model_name: 'm', input_map: { [MODEL.input]: 'in' }, output_map: { [MODEL.output]: 'out' },
      }] },
    }) });
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

  test('an ensemble and the shop go on with a trace too, over HTTP and a WebSocket', async () => {
    const inTrace = (digit: string) => `00-${digit.repeat(32)}-${PARENT}-01`;
    const post = (path: string, body: object, digit: string): Promise<Response> =>
      fetch(server.url + path, {
        method: 'POST', body: JSON.stringify(body), headers: { traceparent: inTrace(digit) },
      });
    const both = await post('/v2/models/both/infer', { inputs: [{ ...input, name: 'in' }] }, '1');
    assert.equal(both.status, 200);
    const event = { id: 'e-1', session: 's', type: 'item_view', items: ['lamps-007'] };
    for (const [name, body, digit] of [
      ['recommend', { session: 's', k: 2 }, '2'], ['events', { events: [event] }, '3'],
    ] as const) {
      const answer = await post(`/v1/${name}`, body, digit);
      assert.match(answer.headers.get('traceparent') ?? '', new RegExp(`^00-${digit}{32}-`));
    }
    assert.equal((await post('/v1/similar', { item: 'no such item' }, '4')).status, 404);

    const client = await SocketClient.open(server.port, ['vitrine.v1.json']);
    client.send(JSON.stringify({ id: 8, op: 'recommend', session: 's', k: 2, traceparent: inTrace('6') }));
    const reply = JSON.parse((await client.next()).data.toString()) as Record<string, string>;
    assert.match(reply['traceparent'] ?? '', /^00-6{32}-/);
    client.send(JSON.stringify({ id: 9, op: 'insight', session: 's', traceparent: inTrace('8') }));
    await client.next();
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
    const named = (digit: string): string[] => [...of(digit.repeat(32)).keys()].sort();
    assert.deepEqual(named('1'), ['batch', 'compute', 'infer both', 'queue', 'step m']);
    const ensemble = of('1'.repeat(32));
    const [whole1, step] = [ensemble.get('infer both')!, ensemble.get('step m')!];
    assert.deepEqual([step.parentSpanId, ensemble.get('batch')!.parentSpanId], [whole1.spanId, step.spanId]);
    inOrder([whole1.startTimeUnixNano, whole1.endTimeUnixNano], step);
    assert.deepEqual(named('2'), ['decode', 'embed', 'encode', 'queue', 'recommend', 'retrieve']);
    assert.deepEqual(named('3'), ['apply', 'commit', 'decode', 'encode', 'events', 'queue']);
    assert.deepEqual(named('4'), ['decode', 'queue', 'similar']);
    assert.equal(of('4'.repeat(32)).get('similar')!.status!.code, 2);
    assert.deepEqual(named('6'), ['embed', 'encode', 'queue', 'recommend', 'retrieve']);
    assert.ok(named('8').includes('insight'));
    for (const digit of ['2', '3', '6']) {
      const [first, ...parts] = [...of(digit.repeat(32)).values()];
      const asked: [string, string] = [first!.startTimeUnixNano, first!.endTimeUnixNano];
      for (const part of parts) inOrder(asked, part);
      assert.ok(parts.every(({ parentSpanId }) => parentSpanId === first!.spanId));
    }
    const socket = of('7'.repeat(32)).get('infer m')!;
    assert.deepEqual(socket.attributes.find(({ key }) => key === 'vitrine.way')!.value,
      { stringValue: 'websocket' });
  });
});
