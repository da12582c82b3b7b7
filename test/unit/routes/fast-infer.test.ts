import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Packr } from 'msgpackr';
import { ServeError } from '../../../server/core/errors.ts';
import { Prng } from '../../../server/core/prng.ts';
import {
  type Datatype,
  DATATYPE_BYTES,
  elements,
  float32Tensor,
  type TensorSpec,
} from '../../../server/core/tensor.ts';
import { encodeMsgpack } from '../../../server/wire/msgpack.ts';
import { FakeLane, type FakeModel } from '../../support/fake-lane.ts';
import { makeSessions, SUM } from '../../support/make-sessions.ts';
import { ServerSocket, settled } from '../../support/server-socket.ts';

const wideMaps = new Packr({ useRecords: false }); // maps as map16, as the typed client writes them

/** Outputs are the inputs' bytes, mixed; sizes from nothing to more than a copy loop takes. */
const MIXED: FakeModel = {
  name: 'mixed',
  inputs: [
    { name: 'a', datatype: 'FP32', dims: [100] },
    { name: 'b', datatype: 'INT64', dims: [2, 3] },
  ],
  outputs: [
    { name: 'p', datatype: 'UINT8', dims: [3] },
    { name: 'q', datatype: 'FP32', dims: [70] },
  ],
  rowsMax: 4,
  row: ([a, b], [p, q]) => {
    p!.set(b!.subarray(5, 8));
    q!.set(a!.subarray(20, 300));
  },
};
const UNBATCHED: FakeModel = {
  name: 'single',
  rowsMax: 0,
  inputs: [{ name: 'x', datatype: 'INT32', dims: [2] }],
  outputs: [{ name: 'y', datatype: 'INT32', dims: [2] }],
  row: ([x], [y]) => y!.set(x!),
};
const MODELS = [SUM, MIXED, UNBATCHED];

/** Two servers over like models: one that learns and takes the fast path, one that never may. */
function twins() {
  return [true, false].map((fast) => {
    const parts = makeSessions(MODELS, { requestsMax: 8 });
    const socket = new ServerSocket();
    parts.sessions.open(socket);
    if (!fast) parts.lanes.lane = refuseLanes(parts.lanes.lane.bind(parts.lanes));
    return { ...parts, socket, taken: countTakes(parts.lanes.lanes) };
  });
}

/** Lanes that only the general path finds. */
function refuseLanes(lane: (model: string, version?: string) => FakeLane) {
  return (model: string, version?: string): FakeLane => {
    if (!/FastInfer/.test(new Error().stack ?? '')) return lane(model, version);
    throw new ServeError('unknown_model', 'no fast path here');
  };
}

function countTakes(lanes: FakeLane[]): () => number {
  let generalTakes = 0;
  for (const lane of lanes) {
    const take = lane.take.bind(lane);
    lane.take = (rows) => {
      if (/startInfer/.test(new Error().stack ?? '')) generalTakes += 1;
      return take(rows);
    };
  }
  return () => generalTakes;
}

suite('FastInfer', () => {
  test('gives byte for byte the replies of the general path, for whatever comes', async () => {
    const prng = new Prng(20_261);
    const [fast, general] = twins() as [ReturnType<typeof twins>[0], ReturnType<typeof twins>[0]];
    let requests = 0;
    for (let turn = 0; turn < 600; turn += 1) {
      const frames = Array.from({ length: 1 + prng.below(10) }, () => randomFrame(prng));
      requests += frames.length;
      for (const side of [fast, general]) {
        for (const frame of frames) side.sessions.message(side.socket, frame.slice(), true);
        await settled();
      }
      const got = fast.socket.sent
        .splice(0)
        .map((frame) => frame.toString('hex'))
        .sort();
      const want = general.socket.sent
        .splice(0)
        .map((frame) => frame.toString('hex'))
        .sort();
      assert.deepEqual(got, want, `seed ${prng.seed}, turn ${turn}`);
    }
    for (const { lanes } of [fast, general])
      for (const lane of lanes.lanes) assert.equal(lane.freeSlots, 64);
    assert.ok(
      fast.taken() < general.taken() * 0.6,
      `${fast.taken()} of ${general.taken()} went the general way`,
    );
    assert.ok(requests > 3000);
  });

  test('a shape is decoded once, however the client writes maps and orders keys', async () => {
    const { sessions, lanes } = makeSessions();
    const taken = countTakes(lanes.lanes);
    const socket = new ServerSocket();
    sessions.open(socket);
    const x = (value: number) => ({
      ...float32Tensor('x', [1, 4], Float32Array.of(value, 0, 0, 0)),
    });
    const reordered = (value: number) => {
      const { name, datatype, shape, data } = x(value);
      return { data, shape, datatype, name };
    };
    const shapes: ((id: number) => Uint8Array)[] = [
      (id) => encodeMsgpack({ id, op: 'infer', model: 'sum', inputs: [x(id)] }),
      (id) => wideMaps.pack({ id, op: 'infer', model: 'sum', inputs: [x(id)] }),
      (id) =>
        encodeMsgpack({ id, inputs: [reordered(id)], model: 'sum', op: 'infer', note: 'ignored' }),
      (id) =>
        encodeMsgpack({
          id,
          op: 'infer',
          deadline_ms: 50,
          model: 'sum',
          version: '1',
          inputs: [x(id)],
          outputs: ['y'],
        }),
    ];
    for (const [i, shape] of shapes.entries()) {
      const ids = [1, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1];
      for (const id of ids) sessions.message(socket, shape(id), true);
      await settled();
      assert.deepEqual(
        socket
          .read()
          .map(({ id }) => id as number)
          .sort((a, b) => a - b),
        ids,
      );
      assert.equal(taken(), i + 1);
    }
  });

  test('a new version of the model is taken up at the next request', async () => {
    const { sessions, lanes } = makeSessions();
    const socket = new ServerSocket();
    sessions.open(socket);
    const versionAnswering = async (id: number) => {
      sessions.message(
        socket,
        encodeMsgpack({
          id,
          op: 'infer',
          model: 'sum',
          inputs: [float32Tensor('x', [1, 4], new Float32Array(4))],
        }),
        true,
      );
      await settled();
      return socket.read()[0]?.version;
    };
    assert.deepEqual([await versionAnswering(1), await versionAnswering(2)], ['1', '1']);
    lanes.lanes.push(new FakeLane(SUM, '2'));
    assert.deepEqual(
      [await versionAnswering(3), await versionAnswering(4), await versionAnswering(5)],
      ['2', '2', '2'],
    );
    lanes.lanes.length = 0;
    assert.equal(await versionAnswering(6), undefined);
  });

  test('deadlines reach the lane by its clock', async () => {
    const { sessions, lanes, clock } = makeSessions();
    const socket = new ServerSocket();
    sessions.open(socket);
    const send = (id: number) =>
      sessions.message(
        socket,
        encodeMsgpack({
          id,
          op: 'infer',
          deadline_ms: 5,
          model: 'sum',
          inputs: [float32Tensor('x', [1, 4], new Float32Array(4))],
        }),
        true,
      );
    send(1);
    await settled();
    lanes.lanes[0]!.prompt = false;
    clock.advance(1_000_000);
    send(2);

    assert.equal(lanes.lanes[0]!.waiting[0]!.deadlineUs, 1_005_000);
    lanes.lanes[0]!.runAll();
  });
});

/** Mostly good requests of a few shapes, with everything that can be wrong with them in between. */
function randomFrame(prng: Prng): Uint8Array {
  const model = prng.pick(MODELS);
  const rows = model.rowsMax === 0 ? 1 : 1 + prng.below(prng.below(8) === 0 ? 10 : 2);
  const inputs = model.inputs.map((spec) =>
    randomTensor(prng, spec, model.rowsMax === 0 ? [] : [rows]),
  );
  const message: Record<string, unknown> = {
    id: randomId(prng),
    op: 'infer',
    model: model.name,
    inputs,
  };
  switch (prng.below(24)) {
    case 0:
      message.version = prng.pick(['1', 1, '9']);
      break;
    case 1:
      message.deadline_ms = prng.pick([5, 1000, 0]);
      break;
    case 2:
      message.outputs = prng.pick<unknown>([['y'], ['q', 'p'], ['q', 'q'], [], ['none']]);
      break;
    case 3:
      inputs.reverse();
      break;
    case 4:
      inputs.push(inputs[0]!);
      break;
    case 5:
      inputs.pop();
      break;
    case 6:
      Object.assign(
        inputs[0]!,
        prng.pick<object>([
          { name: 'z' },
          { datatype: 'FP64' },
          { shape: [rows, 5] },
          { data: new Uint8Array(3) },
          { data: [1, 2, 3, 4] },
        ]),
      );
      break;
    case 7:
      message.model = 'nobody';
      break;
    case 8:
      message.op = 'ping';
      break;
    case 9:
      message.trace = true;
      break;
    default:
  }
  const frame =
    prng.below(2) === 0 ? encodeMsgpack(message) : Uint8Array.from(wideMaps.pack(message));
  if (prng.below(20) === 0) frame[prng.below(frame.length)] = prng.below(256);
  return prng.below(40) === 0 ? frame.slice(0, prng.below(frame.length)) : frame;
}

function randomId(prng: Prng): unknown {
  if (prng.below(20) === 0) return prng.pick<unknown>(['text', 2 ** 40, -1, null, 1.5]);
  return prng.below(prng.pick([100, 1000, 100_000, 2 ** 32]));
}

function randomTensor(prng: Prng, { name, datatype, dims }: TensorSpec, before: number[]) {
  const shape = [...before, ...dims];
  const data = new Uint8Array(elements(shape) * DATATYPE_BYTES[datatype as Datatype]);
  if (datatype === 'FP32') {
    const values = prng.row(elements(shape));
    if (prng.below(30) === 0)
      values[prng.below(values.length)] = prng.pick([NaN, Infinity, -Infinity]);
    data.set(new Uint8Array(values.buffer));
  } else {
    for (let i = 0; i < data.length; i += 1) data[i] = prng.below(256);
  }
  return { name, datatype, shape, data };
}
