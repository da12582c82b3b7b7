import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Packr } from 'msgpackr';
import { ServeError } from '../../../server/core/errors.ts';
import { Prng } from '../../../server/core/prng.ts';
import { float32Tensor } from '../../../server/core/tensor.ts';
import { decodeMsgpack, encodeMsgpack } from '../../../server/wire/msgpack.ts';
import { makeSessions } from '../../support/make-sessions.ts';
import { ServerSocket, settled } from '../../support/server-socket.ts';

const wideMaps = new Packr({ useRecords: false });
type Message = Record<string, any>;

function setup(requestsMax = 64) {
  const parts = makeSessions(undefined, { requestsMax });
  const socket = new ServerSocket();
  parts.sessions.open(socket);
  const [lane] = parts.lanes.lanes;
  let general = 0;
  const take = lane!.take.bind(lane);
  lane!.take = (rows) => {
    if (/startInfer/.test(new Error().stack ?? '')) general += 1;
    return take(rows);
  };
  const send = async (list: unknown[], pack = encodeMsgpack): Promise<Message[]> => {
    parts.sessions.message(socket, pack(list as never), true);
    await settled();
    return socket.read().sort((a, b) => (a.id as number) - (b.id as number));
  };
  return { ...parts, socket, send, general: () => general };
}

const infer = (id: number, value: number): object => ({
  id, op: 'infer', model: 'sum',
  inputs: [float32Tensor('x', [1, 4], Float32Array.of(value, 0, 0, 0))],
});
const yOf = ({ outputs }: Message): number =>
  new DataView(outputs[0].data.buffer, outputs[0].data.byteOffset).getFloat32(0, true);
const ids = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);

suite('Lists of requests', () => {
  test('are decoded once for a shape, and answered each; ids of all widths, long lists', async () => {
    const { send, general } = setup(256);
    for (const pack of [encodeMsgpack, (list: never) => wideMaps.pack(list)]) {
      for (const from of [1, 120, 250, 65_530, 1_000_000]) {
        for (const count of [1, 8, 15, 16, 40]) {
          const replies = await send(ids(from, count).map((id) => infer(id, id)), pack as never);

          assert.deepEqual(replies.map((reply) => [reply.id, yOf(reply)]),
            ids(from, count).map((id) => [id, Math.fround(id)]));
        }
      }
    }
    assert.ok(general() <= 4, `${general()} were decoded`);
  });

  test('are answered in lists, what leaves together in one message', async () => {
    const { sessions, socket, send } = setup();
    await send([infer(1, 1)]);
    for (const count of [2, 15, 16, 64]) {
      sessions.message(socket, encodeMsgpack(ids(10, count).map((id) => infer(id, 1)) as never), true);
      await settled();
      const messages = socket.sent.splice(0).map((frame) => decodeMsgpack(frame as Buffer) as Message[]);
      assert.equal(messages.flat().length, count);
      assert.ok(messages.length <= Math.ceil(count / 8), `${messages.length} messages`);
    }
  });

  test('stay single where the reader has sent none', async () => {
    const { sessions, socket } = setup();
    for (const id of [1, 2, 3]) sessions.message(socket, encodeMsgpack(infer(id, 1) as never), true);
    await settled();

    assert.deepEqual(socket.sent.map((frame) => (decodeMsgpack(frame as Buffer) as Message).id), [1, 2, 3]);
  });

  test('have those refused that are wrong, and no other', async () => {
    const { send } = setup();
    await send(ids(1, 3).map((id) => infer(id, id)));

    const replies = await send([infer(1, 5), infer(2, NaN), infer(1, 6), infer(3, 7)]);

    const shown = replies.map((reply) => [reply.id, reply.error?.code ?? yOf(reply)]);
    assert.deepEqual(shown.sort(), [[1, 5], [1, 'bad_argument'], [2, 'bad_tensor'], [3, 7]].sort());
  });

  test('that are cut short or go on are refused whole, known shapes or not', async () => {
    const { sessions, socket, send } = setup();
    await send(ids(1, 3).map((id) => infer(id, id)));
    const frame = encodeMsgpack(ids(5, 3).map((id) => infer(id, 1)) as never);
    for (const wrong of [frame.subarray(0, -1), Buffer.concat([frame, Buffer.from([0])])]) {
      sessions.message(socket, Uint8Array.from(wrong), true);
      await settled();
      assert.deepEqual(socket.read().map(({ error }) => (error as Message).code), ['bad_request']);
    }
    const mixed = await send([infer(1, 2), { id: 2, op: 'ping' }]);
    assert.deepEqual(mixed.map((reply) => reply.pong ?? yOf(reply)), [2, true]);
  });

  test('take up as much room as their requests', async () => {
    const { send, lanes, clock, socket } = setup(4);
    await send([infer(1, 1)]);
    lanes.lanes[0]!.prompt = false;

    const refused = await send(ids(1, 6).map((id) => infer(id, 1)));
    clock.advance(10_000); // refusals beyond the first wait for one another

    const shown = [...refused, ...socket.read()].map(({ id, error }) => [id, error.code]);
    assert.deepEqual(shown, [[5, 'overloaded'], [6, 'overloaded']]);
  });

  test('mean the same whether they are decoded or not, whatever is wrong with them', async () => {
    const prng = new Prng(77);
    const [fast, general] = [setup(8), setup(8)];
    const find = general.lanes.lane.bind(general.lanes);
    general.lanes.lane = (model, version) => {
      if (/FastInfer/.test(new Error().stack ?? '')) throw new ServeError('unknown_model', 'not here');
      return find(model, version);
    };
    let answers = 0;
    for (let turn = 0; turn < 1500; turn += 1) {
      const list = Array.from({ length: prng.below(12) }, () => {
        const kind = prng.below(12);
        const id = prng.below(300);
        return kind === 0 ? { id, op: 'ping' } : infer(id, kind === 1 ? NaN : prng.float());
      });
      const frame = (prng.below(2) === 0 ? wideMaps.pack(list) : encodeMsgpack(list as never)).slice();
      for (let flips = prng.below(8) === 0 ? 1 + prng.below(3) : 0; flips > 0; flips -= 1) {
        frame[prng.below(frame.length)] = prng.below(256);
      }
      const replies: string[][] = [];
      for (const { sessions, socket, clock } of [fast, general]) {
        const other = new ServerSocket();
        sessions.open(other);
        sessions.message(other, frame.slice(), true);
        await settled();
        clock.advance(10_000);
        const read = other.read();
        answers += read.length;
        replies.push(read.map((reply) => JSON.stringify(reply)).sort());
        sessions.close(other);
        socket.read();
      }
      assert.deepEqual(replies[0], replies[1], `seed ${prng.seed}, turn ${turn}`);
    }
    assert.ok(answers > 10_000, `${answers} answers`);
    assert.ok(fast.general() < general.general() / 2, `${fast.general()} of ${general.general()} decoded`);
  });
});
