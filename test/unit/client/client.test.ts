import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  connect, float32Tensor, float32View, VitrineError, type ClientOptions, type Push,
} from '../../../server/client/client.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { FakeNetwork } from '../../support/fake-socket.ts';

const MS = 1000; // microseconds

function setup(options: ClientOptions = {}) {
  const clock = new FakeClock();
  const network = new FakeNetwork();
  const states: string[] = [];
  const client = connect('ws://shop.test/ws', {
    WebSocket: network.WebSocket,
    clock,
    chance: () => 0.5,
    onState: (state) => states.push(state),
    ...options,
  });
  return { clock, network, client, states };
}

const failsWith = (code: string) => (error: unknown) =>
  error instanceof VitrineError && error.code === code;

suite('the client: calls and replies', () => {
  test('a call waits for the connection, and its reply finds it by id', async () => {
    const { network, client } = setup();
    const first = client.similar({ item: 'a', k: 3, filter: { inStock: true } });
    const second = client.similar({ item: 'b' });
    assert.equal(network.last.sent.length, 0);

    network.last.open();
    assert.deepEqual(network.last.sent, [
      { id: 1, op: 'similar', item: 'a', k: 3, filter: { in_stock: true } },
      { id: 2, op: 'similar', item: 'b' },
    ]);
    network.last.reply({ id: 2, attribution: 'of b', items: [], degraded: [] });
    network.last.reply({ id: 1, attribution: 'of a', items: [], degraded: [] });

    assert.equal((await first).attribution, 'of a');
    assert.equal((await second).attribution, 'of b');
  });

  test('who asks much at once asks for its credit, and keeps to it', async () => {
    const { network, client } = setup();
    network.last.open();
    const ask = (count: number): void => {
      for (let i = 0; i < count; i += 1) void client.similar({ item: 'a' }).catch(() => {});
    };
    const sent = (op: string): number => network.last.sent.filter((one) => one.op === op).length;
    ask(7);
    assert.equal(sent('credit'), 0);
    ask(3);
    assert.equal(sent('credit'), 1);
    const { id } = network.last.sent.find(({ op }) => op === 'credit')!;
    network.last.reply({ id, credit: 10 });
    ask(30);
    assert.equal(sent('similar'), 10);
    network.last.reply({ push: 'credit', credit: 12 });
    assert.equal(sent('similar'), 12);
    network.last.reply({ push: 'credit', credit: 4 });
    network.last.reply({ id: 1, attribution: '', items: [], degraded: [] });
    assert.equal(sent('similar'), 12); // eleven are unanswered
    assert.equal(sent('credit'), 1);
    client.close();
  });

  test('names are snake_case on the wire and camelCase here, feature names excepted', async () => {
    const { network, client } = setup();
    network.last.open();
    const insight = client.insight({ session: 's' }, { deadlineMs: 50 });

    assert.equal(network.last.sent[0]?.deadline_ms, 50);
    const timing = { queue_us: 1, run_us: 2, batch_rows: 3 };
    const features = { trained_on: 9 };
    network.last.reply({ id: 1, intent: { probability: 0.25, trained_on: 'x', features, timing } });

    const { intent } = await insight;
    assert.deepEqual(intent!.timing, { queueUs: 1, runUs: 2, batchRows: 3 });
    assert.equal(intent!.trainedOn, 'x');
    assert.deepEqual(intent!.features, features);
  });

  test('tensors travel as bytes and come back as floats', async () => {
    const { network, client } = setup();
    network.last.open();
    const values = Float32Array.of(1.5, -2);
    const answer = client.infer({ model: 'm', inputs: [float32Tensor('x', [1, 2], values)] });
    values.fill(0); // the caller may reuse its memory at once

    const [input] = network.last.sent[0]?.inputs as { data: Uint8Array }[];
    const sent = new Uint8Array(input?.data ?? []);
    assert.deepEqual(sent, new Uint8Array(Float32Array.of(1.5, -2).buffer));
    const data = new Uint8Array(Float32Array.of(0.5).buffer);
    network.last.reply({ id: 1, outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 1], data }] });

    const [output] = (await answer).outputs;
    assert.ok(output);
    assert.deepEqual(float32View(output), Float32Array.of(0.5));
  });

  test('over JSON the same tensors travel as numbers', async () => {
    const { network, client } = setup({ encoding: 'json' });
    network.last.open();
    const tensor = float32Tensor('x', [1, 2], Float32Array.of(1.5, -2));
    const data = Buffer.concat([Buffer.alloc(3), tensor.data]).subarray(3); // as Node hands bytes out
    const answer = client.infer({ model: 'm', inputs: [{ ...tensor, data }] });

    assert.deepEqual(network.last.protocols, ['vitrine.v1.json']);
    assert.deepEqual((network.last.sent[0]?.inputs as { data: unknown }[])[0]?.data, [1.5, -2]);
    const output64 = { name: 'y', datatype: 'INT64', shape: [1], data: [7] };
    network.last.reply({ id: 1, outputs: [output64] });

    const [output] = (await answer).outputs;
    assert.deepEqual(output?.data, new Uint8Array(BigInt64Array.of(7n).buffer));
  });

  test('every event has an id of its own', () => {
    let turn = 0;
    const { network, client } = setup({ chance: () => (turn++ % 36) / 36 });
    network.last.open();
    void client.events([
      { type: 'home_view', session: 's' },
      { type: 'item_view', session: 's', items: ['a'], id: 'mine' },
    ]);

    const [first, second] = network.last.sent[0]?.events as { id: string }[];
    assert.match(first?.id ?? '', /^[0-9a-z]{20}$/);
    assert.equal(second?.id, 'mine');
  });

  test('an error of the server arrives with its code, its message and when to retry', async () => {
    const { network, client } = setup();
    network.last.open();
    const call = client.recommend({ session: 's' });
    const error = { code: 'overloaded', message: 'the queue is full', retry_after_ms: 40 };
    network.last.reply({ id: 1, error });

    const thrown = await call.catch((cause: unknown) => cause);
    assert.ok(thrown instanceof VitrineError);
    assert.equal(thrown.code, 'overloaded');
    assert.equal(thrown.message, 'the queue is full');
    assert.equal(thrown.retryAfterMs, 40);
    assert.equal(thrown.retrySafe, true);
  });

  test('frames that are no reply harm nobody', async () => {
    const { network, client } = setup();
    network.last.open();
    const call = client.ping();
    network.last.deliver(new Uint8Array([0xc1]).buffer);
    network.last.deliver('text on the binary subprotocol');
    network.last.reply({ id: 99, late: true });
    network.last.reply({ id: null, error: { code: 'bad_request', message: '?' } });
    network.last.reply({ id: 1 });

    assert.equal(await call, 0);
  });
});

suite('the client: time and patience', () => {
  test('a call without a reply ends with timeout, and the server is told', async () => {
    const { clock, network, client } = setup();
    network.last.open();
    const call = client.recommend({ session: 's' }, { timeoutMs: 100 });

    clock.advance(100 * MS);
    await assert.rejects(call, failsWith('timeout'));
    assert.deepEqual(network.last.of('cancel'), [{ id: 2, op: 'cancel', target: 1 }]);
  });

  test('a signal ends the call with cancelled, waiting or sent', async () => {
    const { network, client } = setup();
    const controller = new AbortController();
    const waiting = client.ping({ signal: controller.signal });
    controller.abort();
    await assert.rejects(waiting, failsWith('cancelled'));
    await assert.rejects(client.ping({ signal: controller.signal }), failsWith('cancelled'));

    network.last.open();
    assert.equal(network.last.sent.length, 0);
  });

  test('silence brings a ping, and silence after that a new connection', () => {
    const { clock, network, states } = setup({ heartbeatMs: 1000, heartbeatTimeoutMs: 200 });
    network.last.open();

    clock.advance(1000 * MS);
    assert.equal(network.last.of('ping').length, 1);
    network.last.reply({ id: 1 });
    clock.advance(1199 * MS);
    assert.equal(network.last.of('ping').length, 2);
    assert.deepEqual(states, ['open']);
    clock.advance(1 * MS);
    assert.deepEqual(states, ['open', 'waiting']);
  });

  test('the wait between tries doubles up to its limit, and a good connection resets it', () => {
    const { clock, network } = setup({ backoffFirstMs: 100, backoffMaxMs: 300 });
    for (const waitMs of [75, 150, 225, 225]) {
      const tries = network.sockets.length;
      network.last.lose();
      clock.advance(waitMs * MS - 1);
      assert.equal(network.sockets.length, tries);
      clock.advance(1);
      assert.equal(network.sockets.length, tries + 1);
    }

    network.last.open();
    network.last.reply({ id: 1 });
    network.last.lose();
    clock.advance(75 * MS);
    assert.equal(network.sockets.length, 6);
  });

  test('an address that no WebSocket takes is refused at once, and not tried again', () => {
    const clock = new FakeClock();
    const tried: string[] = [];
    class Picky {
      constructor(url: string) {
        tried.push(url);
        throw new SyntaxError('Invalid URL');
      }
    }
    const WebSocket = Picky as unknown as NonNullable<ClientOptions['WebSocket']>;

    assert.throws(() => connect('shop.test', { WebSocket, clock }), (error: VitrineError) =>
      error.code === 'bad_argument' && /'shop.test' is no URL of a WebSocket/.test(error.message));
    clock.advance(60_000 * MS);
    assert.deepEqual(tried, ['shop.test']);
  });

  test('a handshake that hangs is given up', () => {
    const { clock, network, states } = setup({ connectTimeoutMs: 500 });
    clock.advance(500 * MS);
    assert.deepEqual(states, ['waiting']);
    assert.equal(network.last.closedWith, 1000);
  });
});

suite('the client: a lost connection', () => {
  test('unanswered calls are sent again on the next one, oldest first', async () => {
    const { clock, network, client } = setup();
    network.last.open();
    const first = client.similar({ item: 'a' });
    const second = client.similar({ item: 'b' });
    network.last.lose();
    clock.advance(1000 * MS);
    network.last.open();

    assert.deepEqual(network.last.sent.map((message) => message.item), ['a', 'b']);
    network.last.reply({ id: 1, attribution: '1' });
    network.last.reply({ id: 2, attribution: '2' });
    assert.equal((await first).attribution, '1');
    assert.equal((await second).attribution, '2');
  });

  test('a call that may not be sent again fails with disconnected, safe to retry', async () => {
    const { network, client } = setup();
    network.last.open();
    const call = client.similar({ item: 'a' }, { resendMax: 0 });
    network.last.lose(1001, 'going away');

    const thrown = await call.catch((cause: unknown) => cause);
    assert.ok(thrown instanceof VitrineError);
    assert.equal(thrown.code, 'disconnected');
    assert.equal(thrown.retrySafe, true);
    assert.match(thrown.message, /1001 going away/);
  });

  test('nothing is sent again after a message that was too large', async () => {
    const { network, client } = setup();
    network.last.open();
    const call = client.similar({ item: 'a' });
    network.last.lose(1009);
    await assert.rejects(call, failsWith('disconnected'));
  });

  test('subscriptions are asked for again, before what waited', () => {
    const { clock, network, client } = setup();
    const pushes: Push[] = [];
    client.subscribe({ session: 's', k: 4 }, (push) => pushes.push(push));
    assert.equal(network.last.sent.length, 0);
    network.last.open();
    assert.equal(network.last.of('subscribe').length, 1);
    network.last.reply({ push: 'recommend', session: 's', sequence: 1, reply: {} });
    network.last.lose();
    void client.events([{ type: 'home_view', session: 's' }]);
    clock.advance(1000 * MS);
    network.last.open();

    assert.deepEqual(network.last.sent.map((message) => message.op), ['subscribe', 'events']);
    network.last.reply({ push: 'recommend', session: 's', sequence: 1, reply: {} });
    network.last.reply({ push: 'recommend', session: 'other', sequence: 1, reply: {} });
    assert.equal(pushes.length, 2);
  });

  test('a subscription that ends while the socket is full ends on the server too', () => {
    const { network, client } = setup({ inFlightMax: 1 });
    network.last.open();
    void client.ping();
    void client.similar({ item: 'waits' });
    client.subscribe({ session: 's' }, () => {})();
    client.subscribe({ session: 't' }, () => {});

    for (const id of [1, 3, 4, 5]) network.last.reply({ id }); // each makes room for one

    assert.deepEqual(network.last.sent.map(({ op, session }) => session ?? op),
      ['ping', 's', 's', 't', 'similar']);
    assert.deepEqual(network.last.sent.map(({ op }) => op).slice(1, 3),
      ['subscribe', 'unsubscribe']);
  });

  test('an ended subscription hears nothing more and is not asked for again', () => {
    const { clock, network, client } = setup();
    network.last.open();
    const unsubscribe = client.subscribe({ session: 's' }, () => assert.fail('a late push'));
    unsubscribe();
    assert.equal(network.last.of('unsubscribe').length, 1);
    network.last.reply({ push: 'recommend', session: 's', sequence: 1, reply: {} });
    network.last.lose();
    clock.advance(1000 * MS);
    network.last.open();
    assert.equal(network.last.sent.length, 0);
  });

  test('a subscription that the server refuses says so', async () => {
    const { network, client } = setup();
    network.last.open();
    const refused = new Promise<Error>((resolve) => {
      client.subscribe({ session: '' }, () => {}, resolve);
    });
    network.last.reply({ id: 1, error: { code: 'bad_argument', message: 'session is empty' } });
    assert.equal((await refused).message, 'session is empty');
  });

  test('close ends everything with closed, and nothing comes back', async () => {
    const { clock, network, client, states } = setup();
    network.last.open();
    const call = client.ping();
    client.close();

    await assert.rejects(call, failsWith('closed'));
    await assert.rejects(client.ping(), failsWith('closed'));
    await assert.rejects(client.ready(), failsWith('closed'));
    clock.advance(60_000 * MS);
    assert.equal(network.sockets.length, 1);
    assert.deepEqual(states, ['open', 'closed']);
  });
});

suite('the client: backpressure', () => {
  test('no more calls are in flight than allowed; the rest follow as replies come', () => {
    const { network, client } = setup({ inFlightMax: 2 });
    network.last.open();
    for (const item of ['a', 'b', 'c']) void client.similar({ item });

    assert.equal(network.last.sent.length, 2);
    network.last.reply({ id: 1 });
    assert.deepEqual(network.last.sent.map((message) => message.item), ['a', 'b', 'c']);
  });

  test('calls wait while the socket is behind, and go on when it has drained', () => {
    const { clock, network, client } = setup({ bufferedBytesMax: 100 });
    network.last.open();
    network.last.bufferedAmount = 100;
    void client.similar({ item: 'a' });
    clock.advance(50 * MS);
    assert.equal(network.last.sent.length, 0);

    network.last.bufferedAmount = 99;
    clock.advance(5 * MS);
    assert.equal(network.last.sent.length, 1);
  });

  test('a full queue rejects with client_overloaded', async () => {
    const { client } = setup({ queueMax: 1 });
    client.ping().catch(() => {});
    await assert.rejects(client.ping(), failsWith('client_overloaded'));
    client.close();
  });

  test('told to reject when full, it does so at once', async () => {
    const { network, client } = setup({ inFlightMax: 1, whenFull: 'reject' });
    network.last.open();
    void client.similar({ item: 'a' });
    await assert.rejects(client.ping(), failsWith('client_overloaded'));
  });

  test('every finished call is reported once, with its latency', async () => {
    const reports: string[] = [];
    const { clock, network, client } = setup({
      onCall: ({ op, latencyMs, code }) => reports.push(`${op} ${latencyMs} ${code}`),
    });
    network.last.open();
    const call = client.similar({ item: 'a' });
    clock.advance(3 * MS);
    network.last.reply({ id: 1 });
    network.last.reply({ id: 1 });
    await call;
    assert.deepEqual(reports, ['similar 3 ok']);
  });
});
