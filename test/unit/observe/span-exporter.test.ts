import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Log } from '../../../server/core/log.ts';
import { encodeSpans, type Span } from '../../../server/observe/otlp.ts';
import { SpanExporter } from '../../../server/observe/span-exporter.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const SPAN: Span = {
  traceId: '1'.repeat(32), spanId: '2'.repeat(16), parentId: '', state: '', name: 'infer m',
  server: true, startUs: 1_700_000_000_000_001, endUs: 1_700_000_000_000_401.25,
  attributes: { 'vitrine.model': 'm', 'vitrine.batch.rows': 3, share: 0.5, yes: true }, error: '',
};

function setUp(post: (body: string) => Promise<void>) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const log = new Log('info', (line) => lines.push(line));
  return { clock, lines, exporter: new SpanExporter({ post, clock, log, version: '1.2.3' }) };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const count = (body: string): number =>
  (JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: object[] }[] }[] })
    .resourceSpans[0]!.scopeSpans[0]!.spans.length;

suite('SpanExporter', () => {
  test('a span as OTLP/JSON has it: nanoseconds and integers as texts', () => {
    const child = { ...SPAN, parentId: '3'.repeat(16), state: 'a=1', server: false, error: 'late' };
    const body = JSON.parse(encodeSpans([SPAN, child], 'vitrine', '1.2.3'));

    assert.deepEqual(body.resourceSpans[0].resource.attributes[0],
      { key: 'service.name', value: { stringValue: 'vitrine' } });
    const [first, second] = body.resourceSpans[0].scopeSpans[0].spans;
    assert.deepEqual(first, {
      traceId: SPAN.traceId, spanId: SPAN.spanId, name: 'infer m', kind: 2,
      startTimeUnixNano: '1700000000000001000', endTimeUnixNano: '1700000000000401000',
      attributes: [
        { key: 'vitrine.model', value: { stringValue: 'm' } },
        { key: 'vitrine.batch.rows', value: { intValue: '3' } },
        { key: 'share', value: { doubleValue: 0.5 } },
        { key: 'yes', value: { boolValue: true } },
      ],
    });
    assert.equal(second.parentSpanId, '3'.repeat(16));
    assert.equal(second.traceState, 'a=1');
    assert.equal(second.kind, 1);
    assert.deepEqual(second.status, { code: 2, message: 'late' });
  });

  test('spans leave a second after the first of them, together', async () => {
    const bodies: string[] = [];
    const { clock, exporter } = setUp(async (body) => void bodies.push(body));

    exporter.add(SPAN, SPAN);
    clock.advance(999_000);
    exporter.add(SPAN);
    assert.equal(bodies.length, 0);
    clock.advance(1000);
    await settled();

    assert.deepEqual(bodies.map(count), [3]);
    assert.equal(exporter.sent, 3);
  });

  test('512 leave at once; one request is under way at a time', async () => {
    const bodies: string[] = [];
    let finish = (): void => {};
    const { exporter } = setUp((body) => {
      bodies.push(body);
      return new Promise((resolve) => (finish = resolve));
    });

    for (let i = 0; i < 1300; i += 1) exporter.add(SPAN);
    assert.deepEqual(bodies.map(count), [512]);
    finish();
    await settled();
    assert.deepEqual(bodies.map(count), [512, 512]);
    finish();
    await settled();
    assert.deepEqual(bodies.map(count), [512, 512, 276]);
  });

  test('what finds no room is dropped and counted; nobody waits', () => {
    const { exporter } = setUp(() => new Promise(() => {}));

    for (let i = 0; i < 512 + 4096; i += 1) exporter.add(SPAN);
    assert.equal(exporter.dropped, 0);
    exporter.add(SPAN, SPAN);
    assert.equal(exporter.dropped, 2);
  });

  test('a collector that fails loses what it was sent; the log says so once', async () => {
    let fails = true;
    const { clock, exporter, lines } = setUp(async () => {
      if (fails) throw new Error('refused');
    });

    for (let round = 0; round < 3; round += 1) {
      exporter.add(SPAN);
      clock.advance(1_000_000);
      await settled();
    }
    assert.equal(exporter.dropped, 3);
    assert.equal(lines.length, 1);
    assert.match(lines[0]!, /spans are lost.*refused/);
    fails = false;
    exporter.add(SPAN);
    await exporter.close();
    assert.equal(exporter.sent, 1);
  });
});
