import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { float32Tensor } from '../../../server/core/tensor.ts';
import { Credit, Credits } from '../../../server/routes/credit.ts';
import { encodeMsgpack } from '../../../server/wire/msgpack.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { makeSessions } from '../../support/make-sessions.ts';
import { ServerSocket, settled } from '../../support/server-socket.ts';

const LIMITS = { totalMax: 64, least: 4 };

function setup(holders = 1, most = 256) {
  const clock = new FakeClock();
  const credits = new Credits(clock, LIMITS);
  const told: number[][] = [];
  const all = Array.from({ length: holders }, (_, at) => {
    told.push([]);
    return new Credit(credits, most, (credit) => void told[at]!.push(credit));
  });
  return { clock, credits, told, all };
}

suite('Credit', () => {
  test('is a share of the total, a power of two, and never less than the least', () => {
    const shares = [1, 2, 3, 5, 16, 17, 1000].map((holders) => setup(holders).credits.share);
    assert.deepEqual(shares, [64, 32, 16, 8, 4, 4, 4]);
    assert.equal(setup(1, 20).all[0]!.told, 20); // no more than a socket may have
  });

  test('shrinks when others come, and is told so with the next answer', () => {
    const { credits, all, told } = setup();
    new Credit(credits, 256, () => {});
    all[0]!.answered();
    assert.deepEqual(told[0], [32]);
  });

  test('is halved by refusals once in 100 ms, down to one, and grows back with answers', () => {
    const { clock, all, told } = setup();
    const [credit] = all;
    for (let cut = 0; cut < 8; cut += 1) {
      for (let i = 0; i < 10; i += 1) credit!.refused();
      clock.advance(100_000);
    }
    assert.deepEqual(told[0]!.splice(0), [32, 16, 8, 4, 2, 1]);
    for (let i = 0; i < 64 * 64; i += 1) credit!.answered();
    assert.equal(told[0]!.at(-1), 64);
    assert.ok(told[0]!.length < 20, 'only what is worth a message is told');
  });
});

suite('SocketSessions, credit', () => {
  const infer = (id: number): Uint8Array => encodeMsgpack({
    id, op: 'infer', model: 'sum', inputs: [float32Tensor('x', [1, 4], new Float32Array(4))],
  });

  test('twice the credit may be unanswered, and one more is refused; a change is pushed', async () => {
    const { sessions, lanes } = makeSessions(undefined, { requestsMax: 8 });
    const socket = new ServerSocket();
    sessions.open(socket);
    const lane = lanes.lanes[0]!;
    const send = (frame: Uint8Array): void => sessions.message(socket, frame, true);

    send(encodeMsgpack({ id: 1, op: 'credit' }));
    await settled();
    assert.deepEqual(socket.read(), [{ id: 1, credit: 8 }]);

    lane.prompt = false;
    for (let id = 10; id < 19; id += 1) send(infer(id));
    await settled();
    const [refused, push, ...more] = socket.read();
    assert.deepEqual(push, { push: 'credit', credit: 4 });
    assert.equal((refused!['error'] as { code: string }).code, 'overloaded');
    assert.equal(refused!['id'], 18);
    assert.deepEqual(more, []);

    lane.prompt = true;
    lane.runAll();
    for (let id = 20; id < 60; id += 1) {
      send(infer(id));
      await settled();
    }
    const pushes = socket.read().filter((message) => message['push'] === 'credit');
    assert.deepEqual(pushes.at(-1), { push: 'credit', credit: 8 });
  });

  test('who goes on without regard to it is warned with each answer, then closed', async () => {
    const { sessions, lanes, logged } = makeSessions(undefined, { requestsMax: 4 });
    const socket = new ServerSocket();
    sessions.open(socket);
    lanes.lanes[0]!.prompt = false;
    let sent = 0;
    while (socket.open && sent < 20_000) {
      sent += 1;
      sessions.message(socket, infer(sent), true);
    }
    assert.equal(socket.closedWith, 1008);
    assert.equal(sent, 4 + 10_001);
    const warned = socket.read().filter(({ error }) => (error as { code: string }).code === 'overloaded');
    assert.equal(warned.length, 10_001);
    assert.ok(logged.some((line) => line.includes('a socket is closed')));
  });
});
