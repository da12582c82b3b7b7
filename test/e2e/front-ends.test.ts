/** Two front ends on one port: what is asked of either is answered as one alone would. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { seededMlp } from '../../models/recipes/dense.ts';
import { mlpOnnx } from '../../models/recipes/onnx/mlp.ts';
import { openApp } from '../../server/app.ts';
import { codecFor } from '../../server/client/codec.ts';
import { readConfig } from '../../server/config.ts';
import { Log } from '../../server/core/log.ts';
import { float32Tensor } from '../../server/core/tensor.ts';
import { decodeMsgpack } from '../../server/wire/msgpack.ts';
import { temporaryFolder, writeFiles } from '../support/model-repository.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { SocketClient } from '../support/socket-client.ts';
import { NO_SHARED_PORT } from '../support/shared-port.ts';

const SOCKETS = 24; // all on one of two threads: once in eight million
const codec = codecFor('msgpack');
type Message = Record<string, any>;

const X = float32Tensor('x', [1, 4], Float32Array.of(0.1, 0.2, 0.3, 0.4));

function modelFiles(name: string, placement: string, seed = 7): Record<string, string | Uint8Array> {
  const model = seededMlp(seed, [4, 8, 1], 'sigmoid', { name, input: 'x', output: 'y' });
  return {
    [`models/${name}/1/model.onnx`]: mlpOnnx(model),
    [`models/${name}/config.json`]: JSON.stringify({
      name, platform: 'onnxruntime_onnx', max_batch_size: 8, parameters: { placement },
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [4] }],
      output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [1] }],
    }),
  };
}

async function ask(client: SocketClient, message: Message): Promise<Message> {
  client.send(codec.encode(message as never) as Uint8Array);
  return decodeMsgpack((await client.next()).data) as Message;
}

suite('Two front ends', { skip: NO_SHARED_PORT }, () => {
  let server: ServerProcess;
  let clients: SocketClient[] = [];
  const folder = temporaryFolder();

  before(async () => {
    const models = { ...modelFiles('here', 'inline'), ...modelFiles('there', 'pool') };
    writeFiles(folder, { ...models, 'models/recommend.json': '{}' });
    mkdirSync(join(folder, 'data'), { recursive: true });
    server = await startServer(join(folder, 'data'), undefined, 'yes', {
      VITRINE_FRONT_ENDS: '2', VITRINE_MODELS: join(folder, 'models'),
      VITRINE_MODEL_CONTROL: 'explicit',
    });
    for (let i = 0; i < SOCKETS; i += 1) {
      clients.push(await SocketClient.open(server.port, ['vitrine.v1.msgpack']));
    }
  });
  after(async () => {
    await server?.kill();
  });

  const all = async (message: Message): Promise<Message[]> => {
    const replies = await Promise.all(clients.map((client) => ask(client, message)));
    for (const reply of replies) delete reply.attribution;
    return replies;
  };
  const alike = async (message: Message): Promise<Message> => {
    const [first, ...others] = await all(message);
    for (const other of others) assert.deepEqual(other, first);
    return first as Message;
  };
  const metrics = async (): Promise<string> => (await fetch(`${server.url}/metrics`)).text();
  const post = async (path: string, body: string | object = ''): Promise<[number, string]> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await fetch(server.url + path, {
      method: 'POST', body: text, headers: { connection: 'close' },
    });
    return [answer.status, await answer.text()];
  };
  const load = (name: string): Promise<[number, string]> => post(`/v2/repository/models/${name}/load`);

  test('answer alike: models here and there, the shop, metadata, what is wrong', async () => {
    for (const model of ['here', 'there']) {
      for (let id = 1; id <= 3; id += 1) { // the second of a shape goes by the fast path
        const { outputs, error } = await alike({ id, op: 'infer', model, inputs: [X] });
        assert.equal(error, undefined);
        assert.equal(outputs[0].name, 'y');
      }
      const rows = float32Tensor('x', [3, 4], new Float32Array(12).fill(0.5));
      const stream = await alike({ id: 4, op: 'metadata', model });
      assert.deepEqual(stream.model.inputs[0].shape, [-1, 4]);
      const bad = await alike({ id: 5, op: 'infer', model, inputs: [{ ...rows, name: 'z' }] });
      assert.equal(bad.error.code, 'bad_tensor');
    }
    const popular = await alike({ id: 6, op: 'recommend', k: 3 });
    assert.equal(popular.items.length, 3);
    const { items } = await alike({ id: 7, op: 'similar', item: popular.items[0].item, k: 2 });
    assert.equal(items.length, 2);
    assert.equal((await alike({ id: 8, op: 'similar', item: 'nobody' })).error.code, 'unknown_item');
    assert.equal((await alike({ id: 9, op: 'infer', model: 'none', inputs: [X] })).error.code,
      'unknown_model');
    assert.equal((await alike({ id: 10, op: 'ping' })).pong, true);
  });

  test('count as one', async () => {
    const success = (page: string, model: string): number =>
      Number(new RegExp(`nv_inference_request_success\\{model="${model}".*\\} (\\d+)`).exec(page)?.[1]);
    const before = await metrics();
    for (let id = 1; id <= 5; id += 1) {
      for (const model of ['here', 'there']) await all({ id, op: 'infer', model, inputs: [X] });
    }

    const after = await metrics();

    for (const model of ['here', 'there']) {
      assert.equal(success(after, model) - success(before, model), 5 * SOCKETS, model);
    }
    assert.match(after, /vitrine_event_loop_delay_seconds\{quantile="0.5",front_end="2"\}/);
    assert.match(after, new RegExp(`^vitrine_sockets ${SOCKETS}$`, 'm'));
    const stats = await (await fetch(`${server.url}/v2/models/here/stats`)).json() as Message;
    const [{ inference_stats: { success: sum, queue, compute_input, compute_infer, compute_output } }] =
      stats.model_stats;
    assert.equal(sum.count, success(after, 'here'));
    const parts = [queue, compute_input, compute_infer, compute_output];
    assert.equal(sum.ns, parts.reduce((all, { ns }) => all + ns, 0));
  });

  test('push to who listens, whichever has the socket', async () => {
    for (const reply of await all({ id: 1, op: 'subscribe', session: 'visitor', k: 2 })) {
      assert.equal(reply.subscribed, 'visitor');
    }
    const [teller] = clients;
    const popular = await ask(teller as SocketClient, { id: 2, op: 'recommend', k: 1 });
    const [{ item }] = popular.items;
    const events = [{ id: 'push-1', type: 'item_view', session: 'visitor', items: [item] }];
    (teller as SocketClient).send(codec.encode({ id: 3, op: 'events', events } as never) as Uint8Array);

    const pushes = await Promise.all(clients.map(async (client) => {
      for (;;) {
        const message = decodeMsgpack((await client.next()).data) as Message;
        if (message.push === 'recommend') return message;
      }
    }));

    for (const push of pushes) assert.deepEqual([push.session, push.sequence], ['visitor', 1]);
    for (const client of clients) client.vanish();
    clients = [];
    for (let i = 0; i < SOCKETS; i += 1) {
      clients.push(await SocketClient.open(server.port, ['vitrine.v1.msgpack']));
    }
  });

  test('serve a model that was loaded, and no more one that was unloaded, by when that is answered', async () => {
    const infer = { id: 1, op: 'infer', model: 'here', inputs: [X] };
    const before = await alike(infer);
    writeFiles(folder, modelFiles('here', 'inline', 8));
    assert.deepEqual(await load('here'), [200, '']);
    const replaced = await alike(infer);
    assert.notDeepEqual(replaced.outputs[0].data, before.outputs[0].data);

    assert.equal((await post('/v2/repository/models/here/unload'))[0], 200);
    assert.equal((await alike(infer)).error.code, 'unknown_model');
    assert.equal((await load('here'))[0], 200);
    assert.deepEqual((await alike(infer)).outputs, replaced.outputs);
  });

  test('answer HTTP alike', async () => {
    for (const model of ['here', 'there', 'none']) {
      const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 4], data: [1, 2, 3, 4] }];
      const answers = await Promise.all(Array.from({ length: SOCKETS }, () =>
        post(`/v2/models/${model}/infer`, { inputs })));
      for (const answer of answers) assert.deepEqual(answer, answers[0]);
      assert.equal(answers[0]?.[0], model === 'none' ? 404 : 200);
    }
    const pages = await Promise.all(Array.from({ length: SOCKETS }, async () =>
      (await fetch(`${server.url}/v2/models/here`, { headers: { connection: 'close' } })).text()));
    for (const page of pages) assert.equal(page, pages[0]);
  });

  test('answer what they have taken when the server ends', async () => {
    const inputs = [X];
    const asked = clients.map(async (client) => {
      const model = clients.indexOf(client) % 2 === 0 ? 'here' : 'there';
      for (let id = 1; id <= 20; id += 1) {
        client.send(codec.encode({ id, op: 'infer', model, inputs } as never) as Uint8Array);
      }
      const ids = new Set<number>();
      while (ids.size < 20) ids.add((decodeMsgpack((await client.next()).data) as Message).id);
      return client.closed;
    });
    await Promise.all(clients.map((client) => ask(client, { id: 99, op: 'ping' }).catch(() => null)));

    const code = await server.stop();

    assert.equal(code, 0);
    for (const closed of await Promise.all(asked)) assert.equal(closed, 1001);
  });

  test('are refused where a transport cannot share a port', async () => {
    const data = join(temporaryFolder(), 'data');
    cpSync(join(folder, 'models'), join(data, 'models'), { recursive: true });
    const config = readConfig({
      PORT: '0', VITRINE_DATA: data, VITRINE_FRONT_ENDS: '2', VITRINE_TRANSPORT: 'node',
    });

    await assert.rejects(openApp(config, new Log('error', () => {})), {
      code: 'unsupported', message: /VITRINE_FRONT_ENDS=2: ws .* has one thread a port/,
    });
  });
});
