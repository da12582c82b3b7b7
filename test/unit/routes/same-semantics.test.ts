/** What a request asks of the scheduler is the same over HTTP and WebSocket, however it is written. */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Job } from '../../../server/batch/lane.ts';
import { Log } from '../../../server/core/log.ts';
import { packTexts } from '../../../server/core/tensor.ts';
import { addKserveRoutes } from '../../../server/routes/kserve.ts';
import { Router } from '../../../server/routes/router.ts';
import { encodeMsgpack } from '../../../server/wire/msgpack.ts';
import { callRoute } from '../../support/call-route.ts';
import type { FakeModel } from '../../support/fake-lane.ts';
import { kservePartsOf } from '../../support/kserve-parts.ts';
import { makeSessions, SUM } from '../../support/make-sessions.ts';
import { ServerSocket, settled } from '../../support/server-socket.ts';

const echo = (name: string, datatype: 'BYTES' | 'INT64' | 'FP16', dims: number[]): FakeModel => ({
  name,
  inputs: [{ name: 'x', datatype, dims }],
  outputs: [{ name: 'y', datatype, dims }],
  rowsMax: 4,
  row: ([x], [y]) => y!.set(x!),
  ...(datatype === 'BYTES' || dims.includes(-1) ? { looseRow: (row) => row } : {}),
});

function setUp() {
  const made = makeSessions([
    SUM, echo('texts', 'BYTES', [2]), echo('open', 'INT64', [-1]), echo('half', 'FP16', [2]),
  ]);
  const lane = made.lanes.lane('sum');
  const socket = (subprotocol: 'vitrine.v1.msgpack' | 'vitrine.v1.json') => {
    const own = new ServerSocket(subprotocol);
    made.sessions.open(own);
    return own;
  };
  const router = new Router(new Log('error', () => {}));
  addKserveRoutes(router, kservePartsOf(made.lanes, made.clock));
  return { ...made, lane, socket, router };
}
const x = { name: 'x', datatype: 'FP32', shape: [1, 4], data: new Uint8Array(16) };
const asked = ({ priority, deadlineUs, timeoutUs }: Job) => ({ priority, deadlineUs, timeoutUs });

const longs = (...values: bigint[]): Uint8Array =>
  new Uint8Array(BigInt64Array.from(values).buffer);

suite('the same semantics over both', () => {
  for (const way of ['decoded msgpack', 'a known shape', 'JSON'] as const) {
    test(`priority, deadline and timeout reach the lane: ${way}`, async () => {
      const { lane, sessions, socket, clock } = setUp();
      const json = way === 'JSON';
      const own = socket(json ? 'vitrine.v1.json' : 'vitrine.v1.msgpack');
      const infer = { op: 'infer', model: 'sum', priority: 2, deadline_ms: 40, timeout_us: 7000 };
      const send = (id: number): void => {
        const inputs = [json ? { ...x, data: [0, 0, 0, 0] } : x];
        const message = { id, ...infer, inputs };
        const frame = json ? Buffer.from(JSON.stringify(message)) : encodeMsgpack(message);
        sessions.message(own, frame, !json);
      };
      clock.advance(1000);
      if (way === 'a known shape') {
        send(1); // learnt
        await settled();
        own.read();
      }
      lane.prompt = false;
      send(2);

      assert.deepEqual(lane.waiting.map(asked), [{ priority: 2, deadlineUs: 41_000, timeoutUs: 7000 }]);
    });
  }

  for (const allowed of [true, false]) {
    test(`HTTP: timeout is the queue's where the model's policy lets it, else the answer's: ${allowed}`, async () => {
      const { lane, router, clock } = setUp();
      const { default_queue_policy } = lane.config.dynamic_batching;
      Object.assign(default_queue_policy, { allow_timeout_override: allowed });
      lane.prompt = false;
      clock.advance(1000);
      const inputs = [{ ...x, data: [0, 0, 0, 0] }];
      const answer = callRoute(router, 'POST', '/v2/models/sum/infer',
        { inputs, parameters: { priority: 2, timeout: 7000 } });
      await settled();

      assert.deepEqual(lane.waiting.map(asked),
        [{ priority: 2, timeoutUs: 7000, deadlineUs: allowed ? Infinity : 8000 }]);
      lane.runAll();
      assert.equal((await answer).status, 200);
    });
  }

  test('a WebSocket has texts, open sizes and half floats in binary, several in flight', async () => {
    const { sessions, socket, lanes } = setUp();
    const own = socket('vitrine.v1.msgpack');
    for (const lane of lanes.lanes) lane.prompt = false;
    const texts = packTexts([Buffer.from('灯'), Buffer.from([0xff])]);
    const cases = [
      ['texts', { datatype: 'BYTES', shape: [1, 2], data: texts }],
      ['open', { datatype: 'INT64', shape: [1, 3], data: longs(2n ** 53n + 1n, -1n, 0n) }],
      ['open', { datatype: 'INT64', shape: [2, 1], data: longs(5n, 6n) }],
      ['half', { datatype: 'FP16', shape: [1, 2], data: Uint8Array.of(0, 0x3c, 0, 0xbc) }],
    ] as const;
    cases.forEach(([model, tensor], id) => sessions.message(own, encodeMsgpack(
      { id, op: 'infer', model, inputs: [{ name: 'x', ...tensor }] }), true));
    for (const lane of lanes.lanes.toReversed()) lane.runAll();
    await settled();

    const replies = own.read() as { id: number; outputs: { shape: number[]; data: Uint8Array }[] }[];
    assert.deepEqual(replies.map(({ id }) => id).sort(), [0, 1, 2, 3]);
    for (const { id, outputs: [y] } of replies) {
      const { shape, data } = cases[id]![1];
      assert.deepEqual(y!.shape, shape);
      assert.deepEqual(new Uint8Array(y!.data), new Uint8Array(data));
    }
  });

  test('the text subprotocol has texts and 64-bit integers to the last digit', async () => {
    const { sessions, socket } = setUp();
    const own = socket('vitrine.v1.json');
    const send = (text: string) => sessions.message(own, Buffer.from(text), false);
    send('{"id":1,"op":"infer","model":"texts",' +
      '"inputs":[{"name":"x","datatype":"BYTES","shape":[1,2],"data":["灯",""]}]}');
    send('{"id":2,"op":"infer","model":"open",' +
      '"inputs":[{"name":"x","datatype":"INT64","shape":[1,2],"data":[9007199254740993,-1]}]}');
    await settled();

    const frames = own.sent.map(String);
    assert.ok(frames[0]!.includes('"datatype":"BYTES","shape":[1,2],"data":["灯",""]'), frames[0]);
    assert.ok(frames[1]!.includes('"data":[9007199254740993,-1]'), frames[1]);
  });

  test('a damaged question for credit changes nothing, and is told what is wrong', async () => {
    const { sessions, socket } = setUp();
    const own = socket('vitrine.v1.json');
    const send = async (text: string) => {
      sessions.message(own, Buffer.from(text), false);
      await settled();
      return own.read()[0] as { id: unknown; error?: { code: string }; credit?: number };
    };
    for (const [text, code] of [
      ['{"id":1,"op":"credit"', 'bad_request'], ['{"id":1,"op":"credit"}}', 'bad_request'],
      ['{"op":"credit"}', 'bad_request'], ['{"id":1,"op":["credit"]}', 'bad_request'],
      ['{"id":1,"op":"credits"}', 'unknown_op'], ['[{"id":1,"op":"credit"},]', 'bad_request'],
      ['{"id":-1,"op":"credit"}', 'bad_request'], ['"credit"', 'bad_request'],
    ] as const) {
      assert.equal((await send(text)).error?.code, code, text);
    }
    const told = await send('{"id":1,"op":"credit","credit":1000000,"more":null}');
    assert.ok(told.credit! >= 1 && told.credit! <= 16, 'what it is, whatever the question says');
  });
});
