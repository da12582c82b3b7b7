import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Log } from '../../../server/core/log.ts';
import { Prng } from '../../../server/core/prng.ts';
import { addKserveRoutes } from '../../../server/routes/kserve.ts';
import type { Answer } from '../../../server/routes/router.ts';
import { Router } from '../../../server/routes/router.ts';
import type { HttpRequest } from '../../../server/transport/transport.ts';
import { FakeLane, type FakeModel } from '../../support/fake-lane.ts';
import { kservePartsOf } from '../../support/kserve-parts.ts';
import { makeSessions, SUM } from '../../support/make-sessions.ts';
import { settled } from '../../support/server-socket.ts';

const PAIR: FakeModel = {
  name: 'pair',
  inputs: [
    { name: 'a', datatype: 'FP32', dims: [3] },
    { name: 'b', datatype: 'INT64', dims: [2] },
  ],
  outputs: [
    { name: 'p', datatype: 'UINT8', dims: [5] },
    { name: 'q', datatype: 'FP32', dims: [300] },
  ],
  rowsMax: 4,
  row: ([a, b], [p, q]) => {
    p!.set(b!.subarray(3, 8));
    q!.set(a!);
  },
};

function setup() {
  const { lanes, clock } = makeSessions([SUM, PAIR]);
  const router = new Router(new Log('error', () => {}));
  addKserveRoutes(router, kservePartsOf(lanes, clock));
  let decoded = 0;
  for (const lane of lanes.lanes) {
    const take = lane.take.bind(lane);
    lane.take = (rows) => {
      if (/startInfer/.test(new Error().stack ?? '')) decoded += 1;
      return take(rows);
    };
  }
  const call = (path: string, json: object, binary: Uint8Array, more: Record<string, string> = {}) =>
    new Promise<Answer>((resolve) => {
      const head = Buffer.from(JSON.stringify(json));
      const headers: Record<string, string> =
        { 'inference-header-content-length': String(head.length), ...more };
      const request: HttpRequest = {
        method: 'POST', path, query: '', body: Buffer.concat([head, binary]), aborted: false,
        header: (name) => headers[name] ?? '', headers: () => [], onAbort: () => {},
      };
      router.handle(request, (status, got, body) => resolve({ status, headers: got, body }));
    });
  return { call, lanes, decodedOf: () => decoded };
}

const SUM_PATH = '/v2/models/sum/infer';
const sum = (more: object = {}, rows = 1, given: object = {}): object => ({
  inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 4], parameters: { binary_data_size: rows * 16 } }],
  outputs: [{ name: 'y', parameters: { binary_data: true, ...given } }],
  ...more,
});
const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

suite('KserveFast', () => {
  test('answers byte for byte as the general path does, which sees a shape once', async () => {
    const { call, decodedOf } = setup();
    const prng = new Prng(5);
    for (const rows of [1, 2, 4]) {
      const part = (name: string, datatype: string, width: number, bytes: number): object =>
        ({ name, datatype, shape: [rows, width], parameters: { binary_data_size: rows * bytes } });
      const json = {
        inputs: [part('b', 'INT64', 2, 16), part('a', 'FP32', 3, 12)],
        parameters: { binary_data_output: true },
      };
      const before = decodedOf();
      for (let i = 0; i < 20; i += 1) {
        const binary = new Uint8Array(rows * 28).map(() => prng.below(120));
        const known = await call('/v2/models/pair/infer', json, binary);
        const unknown = await call('/v2/models/pair/infer', { ...json, id: `n${i}` }, binary);
        const tail = (answer: Answer): string => {
          const at = Number(answer.headers['inference-header-content-length']);
          return Buffer.from(answer.body as Uint8Array).subarray(at).toString('hex');
        };
        assert.equal(known.status, 200);
        assert.equal(tail(known), tail(unknown));
        assert.equal(tail(known).length, rows * 2 * (5 + 1200));
      }
      assert.equal(decodedOf() - before, 21); // those with an id, and the first without
    }
  });

  test('what is not the same for all that begin so is not learnt', async () => {
    const { call, decodedOf } = setup();
    const shapes = [
      sum({ id: 'a' }), sum({ parameters: { timeout: 5_000_000 } }), sum({ parameters: { priority: 1 } }),
      sum({ parameters: { note: 'of the caller' } }), sum({ parameters: { trace: true } }),
      sum({}, 1, { classification: 1 }), sum({}, 1, { binary_data: false }),
    ];
    for (const json of shapes) {
      for (let i = 1; i <= 3; i += 1) {
        const before = decodedOf();
        assert.equal((await call(SUM_PATH, json, floats(i, 0, 0, 0))).status, 200, JSON.stringify(json));
        assert.equal(decodedOf() - before, 1, JSON.stringify(json));
      }
    }
  });

  test('a number that is not finite is refused in the same words', async () => {
    const { call, lanes } = setup();
    const first = await call(SUM_PATH, sum(), floats(1, NaN, 0, 0));
    await call(SUM_PATH, sum(), floats(1, 2, 3, 4));
    const later = await call(SUM_PATH, sum(), floats(1, NaN, 0, 0));
    assert.equal(first.status, 400);
    assert.deepEqual(later, first);
    assert.equal(lanes.lanes[0]!.freeSlots, 64);
  });

  test('the next request meets the new version, and a model that is gone is not found', async () => {
    const { call, lanes } = setup();
    const ask = (): Promise<Answer> => call(SUM_PATH, sum(), floats(1, 2, 3, 4));
    const text = ({ body }: Answer): string => Buffer.from(body as Uint8Array).toString('latin1');
    for (let i = 0; i < 3; i += 1) assert.match(text(await ask()), /"model_version":"1"/);
    lanes.lanes[0] = new FakeLane(SUM, '2');
    for (let i = 0; i < 3; i += 1) assert.match(text(await ask()), /"model_version":"2"/);
    lanes.lanes.splice(0, 1);
    assert.equal((await ask()).status, 404);
  });

  test('a full queue is told as it is to all, and a small answer is not packed', async () => {
    const { call, lanes } = setup();
    const ask = (): Promise<Answer> =>
      call(SUM_PATH, sum(), floats(1, 2, 3, 4), { 'accept-encoding': 'gzip' });
    const plain = await ask();
    assert.deepEqual(await ask(), plain);
    const lane = lanes.lanes[0]!;
    const { take } = lane;
    lane.take = () => null;
    const refused = await ask();
    assert.equal(refused.status, 503);
    assert.ok(refused.headers['retry-after']);
    lane.take = take;
    await settled();
    assert.deepEqual(await ask(), plain);
  });
});
