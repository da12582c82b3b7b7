import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { ServeError } from '../../../server/core/errors.ts';
import { encodeMsgpack } from '../../../server/wire/msgpack.ts';
import { makeSessions, SUM } from '../../support/make-sessions.ts';
import { ServerSocket, settled } from '../../support/server-socket.ts';

interface Part {
  readonly id: number; readonly row?: number; readonly more?: boolean;
  readonly error?: { readonly code: string };
  readonly outputs?: { readonly shape: number[]; readonly data: Uint8Array }[];
}

function setUp(requestsMax = 64) {
  const made = makeSessions([SUM, { ...SUM, name: 'whole', rowsMax: 0 }], { requestsMax });
  const lane = made.lanes.lane('sum');
  lane.prompt = false;
  const socket = new ServerSocket();
  made.sessions.open(socket);
  const send = (message: object) => made.sessions.message(socket, encodeMsgpack(message), true);
  const read = async () => {
    await settled();
    return socket.read() as unknown as Part[];
  };
  return { ...made, lane, socket, send, read };
}

/** Rows of four, whose sum is four times the row's number. */
function stream(id: number, rows: number, more: object = {}): object {
  const values = Float32Array.from({ length: rows * 4 }, (_, at) => Math.floor(at / 4));
  const data = new Uint8Array(values.buffer);
  const inputs = [{ name: 'x', datatype: 'FP32', shape: [rows, 4], data }];
  return { id, op: 'infer', model: 'sum', stream: true, inputs, ...more };
}
const valueOf = ({ outputs }: Part) => {
  const { data } = outputs![0]!;
  return new DataView(data.buffer, data.byteOffset, 4).getFloat32(0, true);
};

suite('a streamed infer', () => {
  test('has a reply a row, as each is done; more rows than one run takes', async () => {
    const { lane, send, read } = setUp();
    send(stream(7, 20));
    for (const job of [3, 0, 5]) lane.run(lane.waiting.splice(job, 1)[0]!);
    const first = await read();
    assert.deepEqual(first.map(({ id, row, more }) => ({ id, row, more })),
      [3, 0, 7].map((row) => ({ id: 7, row, more: true })));
    assert.deepEqual(first.map(valueOf), [12, 0, 28]);

    lane.runAll();
    const rest = await read();
    assert.equal(rest.length, 17);
    assert.deepEqual(rest.map(({ more }) => more), [...Array<boolean>(16).fill(true), false]);
    assert.deepEqual([...first, ...rest].map(({ row }) => row).sort((a, b) => a! - b!),
      Array.from({ length: 20 }, (_, row) => row));
    assert.ok([...first, ...rest].every((part) => valueOf(part) === 4 * part.row! &&
      part.outputs![0]!.shape.join() === '1,1'));
  });

  test('a row that fails fails alone; the others are answered', async () => {
    const { lane, send, read } = setUp();
    send(stream(1, 3));
    const [bad] = lane.waiting.splice(1, 1);
    bad!.onSettled(bad!, new ServeError('backend', 'no'));
    lane.runAll();
    const parts = await read();
    assert.deepEqual(parts.map(({ row, more, error }) => [row, more, error?.code]),
      [[1, true, 'backend'], [0, true, undefined], [2, false, undefined]]);
  });

  test('cancel gives up the rows that wait, and the last says so', async () => {
    const { lane, send, read } = setUp();
    send(stream(1, 3));
    lane.run(lane.waiting.shift()!);
    send({ id: 2, op: 'cancel', target: 1 });
    const parts = await read();
    assert.deepEqual(parts.map(({ id, row, more, error }) => [id, row, more, error?.code]), [
      [1, 0, true, undefined], [1, 1, true, 'cancelled'], [1, 2, false, 'cancelled'],
      [2, undefined, undefined, undefined],
    ]);
    assert.equal(lane.freeSlots, 64);
  });

  test('its rows count among the unanswered, and its id is in use until the last', async () => {
    const { lane, send, read } = setUp(8);
    send(stream(1, 9));
    assert.deepEqual((await read()).map(({ error }) => error?.code), ['overloaded']);
    send(stream(1, 8));
    lane.run(lane.waiting.shift()!);
    send(stream(1, 1));
    const [row, refused] = await read();
    assert.deepEqual([row!.row, refused!.error?.code], [0, 'bad_argument']);
    lane.runAll();
    assert.equal((await read()).length, 7);
    send(stream(1, 1));
    lane.runAll();
    assert.deepEqual((await read()).map(({ more }) => more), [false]);
  });

  test('what cannot be streamed is refused as a whole', async () => {
    const { send, read } = setUp();
    const x = { name: 'x', datatype: 'FP32', data: new Uint8Array(16) };
    for (const [more, code] of [
      [{ model: 'whole' }, 'bad_argument'], [{ inputs: [] }, 'bad_tensor'],
      [{ inputs: [{ ...x, shape: [2, 2] }] }, 'bad_tensor'],
      [{ inputs: [{ ...x, shape: [1, 4] }, { ...x, name: 'z', shape: [2, 2] }] }, 'bad_tensor'],
      [{ model: 'none' }, 'unknown_model'],
    ] as const) {
      send(stream(1, 1, more));
      assert.deepEqual((await read()).map(({ error, more: left }) => [error?.code, left]), [[code, undefined]]);
    }
  });

  test('a socket that goes takes its rows with it', async () => {
    const { lane, sessions, socket, send } = setUp();
    send(stream(1, 5));
    sessions.close(socket);
    await settled();
    assert.equal(lane.waiting.length, 0);
    assert.equal(lane.freeSlots, 64);
  });
});
