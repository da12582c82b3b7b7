import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { float32Tensor } from '../../../server/core/tensor.ts';
import type { Subprotocol } from '../../../server/transport/transport.ts';
import { encodeMsgpack } from '../../../server/wire/msgpack.ts';
import { makeSessions } from '../../support/make-sessions.ts';
import { ServerSocket, settled } from '../../support/server-socket.ts';

function setup(subprotocol?: Subprotocol | 'none', limits = {}) {
  const parts = makeSessions(undefined, limits);
  const socket = new ServerSocket(subprotocol);
  parts.sessions.open(socket);
  const send = (value: unknown) => parts.sessions.message(socket, encodeMsgpack(value), true);
  const say = (text: string) => parts.sessions.message(socket, Buffer.from(text), false);
  const ask = async (value: unknown) => {
    send(value);
    await settled();
    return socket.read();
  };
  return { ...parts, socket, send, say, ask };
}
const infer = (id: number | string, ...values: number[]) => {
  return {
    id,
    op: 'infer',
    model: 'sum',
    inputs: [float32Tensor('x', [1, 4], Float32Array.from(values))],
  };
};
const yOf = (reply: Record<string, unknown> | undefined) => {
  const [{ data }] = reply?.outputs as [{ data: Buffer }];
  return data.readFloatLE();
};
const codes = (replies: Record<string, unknown>[]) =>
  replies.map((reply) => (reply.error as { code: string } | undefined)?.code);

suite('SocketSessions', () => {
  test('every operation is answered with its id', async () => {
    const { ask } = setup();

    assert.deepEqual(await ask({ id: 1, op: 'ping' }), [{ id: 1, pong: true }]);
    assert.deepEqual(
      await ask({ id: 'e', op: 'events', events: [{ id: 1, type: 'home_view', session: 's' }] }),
      [{ id: 'e', accepted: 1, duplicates: 0 }],
    );
    const [recommended] = await ask({ id: 2, op: 'recommend', session: 's' });
    assert.deepEqual(recommended, {
      id: 2,
      attribution: 'a-s',
      items: [{ item: 's', score: 1, reason: { code: 'popular', text: 'Popular' } }],
      degraded: [],
    });
    assert.equal((await ask({ id: 3, op: 'similar', item: 7 }))[0]?.attribution, 'a-7');
    const [insight] = await ask({ id: 4, op: 'insight', session: 's' });
    assert.deepEqual(insight?.intent, {
      probability: 0.25,
      model: 'intent',
      version: '1',
      trained_on: 'demo',
      features: { itemViews: 2 },
      timing: { queue_us: 1, run_us: 2, batch_rows: 3, batch_reason: 'idle' },
    });
    assert.equal(yOf((await ask(infer(5, 1, 2, 3, 4)))[0]), 10);
    assert.deepEqual((await ask({ id: 6, op: 'metadata' }))[0]?.models, [
      { name: 'sum', versions: ['1'], platform: 'plain' },
    ]);
    assert.deepEqual((await ask({ id: 7, op: 'metadata', model: 'sum' }))[0]?.model, {
      name: 'sum',
      versions: ['1'],
      platform: 'plain',
      max_batch_size: 8,
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 4] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1, 1] }],
    });
  });

  test('the text subprotocol has the same operations', async () => {
    const { say, socket } = setup('vitrine.v1.json');
    say(
      '{"id":1,"op":"infer","model":"sum","inputs":[' +
        '{"name":"x","datatype":"FP32","shape":[1,4],"data":[[1,2,3,4]]}]}',
    );
    say('[{"id":2,"op":"ping"},{"id":3,"op":"nonsense"}]');
    await settled();

    assert.deepEqual(socket.sent, [
      '[{"id":2,"pong":true},' +
        '{"id":3,"error":{"code":"unknown_op","message":"' +
        'there is no such operation: \\"nonsense\\" is none of infer, events, ' +
        'recommend, similar, batch, insight, explain, catalogue, subscribe, unsubscribe, cancel, metadata, ping, ' +
        'credit"}},' +
        '{"id":1,"model":"sum","version":"1","outputs":[' +
        '{"name":"y","datatype":"FP32","shape":[1,1],"data":[10]}]}]',
    ]);
  });

  test('requests in one frame are answered one by one; one of them may be wrong', async () => {
    const { ask } = setup();

    const replies = await ask([
      infer(1, 1, 1, 1, 1),
      { id: 2, op: 'recommend', k: 0 },
      5,
      infer(3, 2, 2, 2, 2),
    ]);

    assert.equal(replies.length, 4);
    assert.equal(yOf(replies.find(({ id }) => id === 1)), 4);
    assert.equal(yOf(replies.find(({ id }) => id === 3)), 8);
    assert.deepEqual(codes(replies.filter(({ error }) => error)).sort(), [
      'bad_argument',
      'bad_request',
    ]);
    assert.deepEqual(codes(await ask([])), ['bad_request']);
    assert.deepEqual(codes(await ask(new Array(257).fill({ id: 1, op: 'ping' }))), ['bad_request']);
  });

  test('replies of one turn leave under one cork', async () => {
    const { send, socket, lanes } = setup();
    send(infer(0, 1, 2, 3, 4));
    await settled();
    const [lane] = lanes.lanes;
    lane!.prompt = false;
    for (let id = 1; id <= 10; id += 1) send(infer(id, id, 0, 0, 0));
    socket.read();
    socket.corks = 0;

    lane!.runAll();
    await settled();

    assert.equal(socket.corks, 1);
    assert.deepEqual(
      socket.read().map((reply) => [reply.id, yOf(reply)]),
      Array.from({ length: 10 }, (_, i) => [i + 1, i + 1]),
    );
  });

  test('one request too many makes an inline model answer those before it', async () => {
    const { send, ask, lanes, socket } = setup(undefined, { requestsMax: 3 });
    await ask(infer(0, 0, 0, 0, 0));
    Object.assign(lanes.lanes[0]!, { prompt: false, inline: true });
    for (const id of [1, 2, 3, 4]) send(infer(id, id, 0, 0, 0));
    await settled();

    assert.deepEqual(socket.read().map((reply) => [reply.id, yOf(reply)]), [[1, 1], [2, 2], [3, 3]]);
    lanes.lanes[0]!.runAll();
    await settled();
    assert.deepEqual(socket.read().map((reply) => [reply.id, yOf(reply)]), [[4, 4]]);
  });

  test('an id in use and one request too many are refused; the others are served', async () => {
    const { send, ask, lanes, socket } = setup(undefined, { requestsMax: 3 });
    await ask(infer(0, 0, 0, 0, 0));
    lanes.lanes[0]!.prompt = false;
    send(infer(1, 1, 0, 0, 0));
    send({ ...infer(2, 2, 0, 0, 0), deadline_ms: 1000 });
    const [duplicate] = await ask(infer(1, 5, 0, 0, 0));
    assert.deepEqual([duplicate?.id, codes([duplicate!])], [1, ['bad_argument']]);
    send(infer('three', 3, 0, 0, 0));

    const [refused] = await ask(infer(4, 4, 0, 0, 0));
    assert.deepEqual(refused?.error, {
      code: 'overloaded',
      message: 'the queue is full: 3 requests of this socket are unanswered',
      retry_after_ms: 20,
    });
    assert.deepEqual(await ask({ id: 5, op: 'ping' }), [{ id: 5, pong: true }]);
    const [cancelled, said] = await ask({ id: 6, op: 'cancel', target: 'three' });
    assert.deepEqual([cancelled?.id, codes([cancelled!])], ['three', ['cancelled']]);
    assert.deepEqual(said, { id: 6, cancelled: true });
    lanes.lanes[0]!.runAll();
    await settled();

    assert.deepEqual(
      socket
        .read()
        .map((reply) => [reply.id, yOf(reply)])
        .sort(),
      [
        [1, 1],
        [2, 2],
      ],
    );
  });

  test('classes of an output are its highest elements, in both formats', async () => {
    const { ask } = setup();
    const classed = { ...infer(1, 1, 2, 3, 4), outputs: [{ name: 'y', classes: 1 }] };
    const text = setup('vitrine.v1.json');
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }];

    for (let times = 0; times < 3; times += 1) { // never by the fast path
      const [{ outputs }] = (await ask(classed)) as [{ outputs: { data: Buffer }[] }];
      const { data, ...rest } = outputs[0]!;
      assert.deepEqual(rest, { name: 'y', datatype: 'BYTES', shape: [1, 1] });
      assert.equal(data.subarray(4).toString(), '10.000000:0:total');
    }
    text.say(JSON.stringify({ ...classed, inputs }));
    await settled();
    const [reply] = text.socket.read() as [{ outputs: { data: string[] }[] }];
    assert.deepEqual(reply.outputs[0]!.data, ['10.000000:0:total']);
    const wrong = { ...classed, outputs: [{ name: 'y', classes: 0 }] };
    assert.deepEqual(codes(await ask(wrong)), ['bad_argument']);
  });

  test('cancel answers a waiting request; what is answered or runs it leaves', async () => {
    const { send, ask, storefront, lanes, socket } = setup();
    await ask(infer(0, 0, 0, 0, 0));
    lanes.lanes[0]!.prompt = false;
    storefront.hold = true;
    send(infer(1, 1, 0, 0, 0)); // by the fast path
    send({ ...infer(2, 2, 0, 0, 0), trace: true });
    send({ id: 3, op: 'recommend' });
    await settled();
    assert.deepEqual(socket.read(), []);

    for (const target of [1, 2, 3]) {
      const replies = await ask({ id: 10, op: 'cancel', target });
      assert.deepEqual(
        replies.map(({ id }) => id),
        [target, 10],
      );
      assert.deepEqual(codes(replies), ['cancelled', undefined]);
      assert.equal(replies[1]?.cancelled, true);
    }
    assert.deepEqual(await ask({ id: 10, op: 'cancel', target: 1 }), [
      { id: 10, cancelled: false },
    ]);
    storefront.release();
    await settled();
    assert.deepEqual(socket.read(), []);
    assert.equal(lanes.lanes[0]!.freeSlots, 64);
  });

  test('pushes come to who subscribed, until it unsubscribes or leaves', async () => {
    const { ask, storefront, socket, sessions } = setup();
    assert.deepEqual(await ask({ id: 1, op: 'subscribe', session: 's', k: 4 }), [
      { id: 1, subscribed: 's' },
    ]);
    storefront.push('s', 1);
    await settled();
    assert.equal((socket.read()[0]?.reply as { attribution: string }).attribution, 'a-s');

    socket.bufferedBytes = 1001; // a reader that is behind misses pushes, and sees the gap
    storefront.push('s', 2);
    socket.bufferedBytes = 0;
    storefront.push('s', 3);
    await settled();
    assert.deepEqual(
      socket.read().map(({ sequence }) => sequence),
      [3],
    );

    assert.deepEqual(await ask({ id: 2, op: 'unsubscribe', session: 's' }), [
      { id: 2, unsubscribed: true },
    ]);
    assert.equal(storefront.subscribers.size, 0);
    await ask({ id: 3, op: 'subscribe', session: 't' });
    socket.open = false;
    sessions.close(socket);
    assert.equal(storefront.subscribers.size, 0);
    assert.equal(sessions.count, 0);
  });

  test('a socket that goes takes its waiting requests with it, and no slot is lost', async () => {
    const { send, ask, lanes, socket, sessions } = setup();
    await ask(infer(0, 0, 0, 0, 0));
    const lane = lanes.lanes[0]!;
    lane.prompt = false;
    for (let id = 1; id <= 5; id += 1) send(infer(id, 1, 2, 3, 4));
    send({ ...infer(6, 1, 2, 3, 4), trace: true });
    const running = lane.waiting.splice(0, 1)[0]!; // this one is too late to be cancelled
    socket.open = false;
    sessions.close(socket);
    await settled();

    assert.equal(lane.waiting.length, 0);
    lane.run(running);
    await settled();
    assert.equal(lane.freeSlots, 64);
    assert.deepEqual(socket.sent, []);
  });

  test('an undecodable frame is answered without an id; many close with 1008', async () => {
    const { sessions, socket, ask } = setup();
    for (let i = 0; i < 100; i += 1) sessions.message(socket, Buffer.from([0xc1]), true);
    await settled();
    const replies = socket.read();
    assert.equal(replies.length, 100);
    assert.deepEqual(replies[0], {
      id: null,
      error: {
        code: 'bad_request',
        message: 'the request does not decode: msgpack, byte 0: byte 0xc1 means nothing',
      },
    });

    assert.deepEqual(await ask({ id: 1, op: 'ping' }), [{ id: 1, pong: true }]);
    sessions.message(socket, Buffer.from([0xc1]), true);
    assert.equal(socket.open, true);
    sessions.message(socket, Buffer.from([0xc1]), true);
    assert.equal(socket.closedWith, 1008);
    assert.deepEqual(codes(socket.read()), ['bad_request', 'bad_request']);
  });

  test('text on the binary subprotocol is answered; if it goes on, closed with 1003', async () => {
    const { say, socket, ask } = setup('vitrine.v1.msgpack');
    say('{"id":1,"op":"ping"}');
    await settled();
    const [reply] = socket.read();
    assert.equal(reply?.id, null);
    assert.match(
      (reply?.error as { message: string }).message,
      /vitrine.v1.msgpack takes binary frames, got text/,
    );
    assert.deepEqual(await ask({ id: 1, op: 'ping' }), [{ id: 1, pong: true }]);
    for (let i = 0; i < 100; i += 1) say('{}');
    assert.equal(socket.closedWith, 1003);
  });

  test('without a subprotocol each message is answered as it came', async () => {
    const { say, ask, socket } = setup('none');
    say('{"id":1,"op":"ping"}');
    await settled();
    assert.deepEqual(socket.sent.splice(0), ['{"id":1,"pong":true}']);
    assert.deepEqual(await ask({ id: 2, op: 'ping' }), [{ id: 2, pong: true }]);
  });

  test('a failure of the shop is told by its code, a defect as internal and logged', async () => {
    const { ask, logged, answered } = setup();

    assert.deepEqual(codes(await ask({ id: 1, op: 'similar', item: 'none' })), ['unknown_item']);
    const defect = await ask({ id: 2, op: 'similar', item: 'defect' });
    assert.deepEqual(codes(defect), ['internal']);
    const id = /error [0-9a-f]{8}/.exec(JSON.stringify(defect))?.[0];
    assert.ok(id && !JSON.stringify(defect).includes('a defect of the server'));
    assert.deepEqual(codes(await ask({ id: 3, op: 'metadata', model: 'nobody' })), [
      'unknown_model',
    ]);
    assert.equal(logged.length, 1);
    assert.match(logged[0]!, /a defect of the server/);
    assert.ok(logged[0]!.includes(id));
    assert.deepEqual(answered, [
      'similar unknown_item',
      'similar internal',
      'metadata unknown_model',
    ]);
  });
});
