import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Mailbox } from '../../../server/routes/outbox.ts';
import { RefusalPost } from '../../../server/routes/refusal-post.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { makeSessions } from '../../support/make-sessions.ts';
import { ServerSocket, settled } from '../../support/server-socket.ts';
import { encodeMsgpack } from '../../../server/wire/msgpack.ts';

suite('RefusalPost', () => {
  test('one refusal leaves at once; those that follow wait for each other, 4 ms at most', () => {
    const clock = new FakeClock();
    const post = new RefusalPost(clock);
    const socket = new ServerSocket();
    const box = new Mailbox(socket);
    assert.equal(post.holds('overloaded'), false);

    for (const text of ['one', 'two']) {
      assert.equal(post.holds('deadline'), true);
      post.held.put(box, text);
    }
    clock.advance(3999);
    assert.deepEqual(socket.sent, []);
    clock.advance(1);
    assert.deepEqual([socket.sent, socket.corks], [['one', 'two'], 1]);

    clock.advance(4000); // no more came: the flood is over
    assert.equal(clock.nextUs, Infinity);
    assert.equal(post.holds('deadline'), false);
  });

  test('other failures never wait', () => {
    const post = new RefusalPost(new FakeClock());
    assert.equal(post.holds('overloaded'), false);
    for (const code of ['bad_tensor', 'backend', 'cancelled', 'draining'] as const) {
      assert.equal(post.holds(code), false);
    }
  });

  test('a socket is told of each of its refusals, by whatever path it came', async () => {
    const { sessions, lanes, clock } = makeSessions(undefined, { requestsMax: 1 });
    const socket = new ServerSocket();
    sessions.open(socket);
    const inputs = (): object[] => [
      { name: 'x', datatype: 'FP32', shape: [1, 4], data: new Uint8Array(16) },
    ];
    const ask = (id: number | string): void =>
      sessions.message(socket, encodeMsgpack({ id, op: 'infer', model: 'sum', inputs: inputs() }), true);
    ask(1);
    await settled();
    socket.read();
    lanes.lanes[0]!.prompt = false;
    for (const id of [2, 3, 'four', 5, 'six']) ask(id);
    await settled();
    const prompt = socket.read();
    clock.advance(4000);
    const held = socket.read();

    assert.deepEqual(prompt.map(({ id }) => id), [3]);
    assert.deepEqual(held.map(({ id }) => id), ['four', 5, 'six']);
    assert.ok(held.every(({ error }) => (error as { code: string }).code === 'overloaded'));
  });
});
