/** Canary and shadow in a server as a process: who is asked, what is found, what is remembered. */
import assert from 'node:assert/strict';
import { afterEach, suite, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../support/model-repository.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { askTimes, writeTimes } from '../support/times-model.ts';

let running: ServerProcess | null = null;
afterEach(() => running?.kill());

async function serve(repository: string, data: string): Promise<ServerProcess> {
  running = await startServer(data, undefined, 'auto', {
    VITRINE_MODELS: repository, VITRINE_MODEL_CONTROL: 'explicit', VITRINE_WORKERS: '1',
  });
  return running;
}

function rolling(rollout: object): object {
  return {
    version_policy: { all: {} },
    rollout: { stable: 1, candidate: 2, requests_min: 20, ...rollout },
  };
}

interface State {
  state: string; why?: string; candidate: { requests: number; errors: number }; compared: number;
}
async function stateOf({ url }: ServerProcess, model = 'm'): Promise<State> {
  return await (await fetch(`${url}/v1/models/${model}/rollout`)).json() as State;
}

suite('Rollouts', () => {
  test('a canary answers those of its share by key, and each of them every time', async () => {
    const repository = temporaryFolder();
    // Both give the same answers but for the label: 10 and 20.
    writeTimes(repository, 'm', { 1: 10, 2: 20 },
      // How long an answer takes is not asked here: a busy machine may hold up either's.
      rolling({ mode: 'canary', share: 0.3, key: 'customer', slower_max: 100 }));
    const server = await serve(repository, temporaryFolder());
    const { url } = server;
    const customers = Array.from({ length: 100 }, (_, i) => `customer-${i}`);
    const ask = (customer: string): Promise<number | string> =>
      askTimes(url, 'm', 1, { parameters: { customer } });

    const first = await Promise.all(customers.map(ask));
    const second = await Promise.all(customers.map(ask));

    assert.deepEqual(first, second);
    const chosen = first.filter((y) => y === 20).length;
    assert.ok(chosen > 15 && chosen < 45 && first.every((y) => y === 10 || y === 20), `${chosen}`);
    assert.equal(await askTimes(url, 'm', 1), 10, 'without a key');
    assert.equal(await askTimes(url, 'm/versions/2', 1), 20);
    assert.equal((await stateOf(server)).candidate.requests, 2 * chosen);
  });

  test('a shadow that answers otherwise is rolled back; nobody sees it; a restart remembers', async () => {
    const repository = temporaryFolder();
    const data = temporaryFolder();
    writeTimes(repository, 'm', { 1: 10, 2: 20 }, rolling({ mode: 'shadow', share: 1 }));
    let server = await serve(repository, data);
    let asked = 0;
    while ((await stateOf(server)).state === 'running') {
      assert.equal(await askTimes(server.url, 'm', 1), 10);
      asked += 1;
      assert.ok(asked < 100);
    }

    const { why, compared } = await stateOf(server);
    assert.match(why ?? '', /answers differ/);
    assert.ok(compared >= 20 && compared <= asked);
    const index = await (await fetch(`${server.url}/v2/repository/index`, { method: 'POST' })).text();
    assert.match(index, /"version":"2","state":"READY","reason":"rolled back: .*differ/);
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    assert.match(metrics, /vitrine_rollout_running\{model="m",version="2"\} 0/);

    await server.stop();
    server = await serve(repository, data);
    assert.equal((await stateOf(server)).state, 'rolled back');
    const restart = await fetch(`${server.url}/v1/models/m/rollout/restart`, { method: 'POST' });
    assert.deepEqual([restart.status, (await stateOf(server)).state], [200, 'running']);
  });

  test('a canary that cannot answer costs nobody an answer, and is soon out', async () => {
    const repository = temporaryFolder();
    const ints = (name: string): object[] => [{ name, data_type: 'TYPE_INT32', dims: [1] }];
    const floats = (name: string): object[] => [{ name, data_type: 'TYPE_FP32', dims: [1] }];
    // Version 2 has a smaller table: rows beyond it cannot be looked up.
    const table = (rows: number): string => JSON.stringify({ layers: [
      { type: 'gather-mean', rows, units: 1, table: Array.from({ length: rows }, (_, i) => i) },
    ] });
    writeFiles(repository, {
      'm/1/model.plain.json': table(100), 'm/2/model.plain.json': table(3),
      'm/config.json': JSON.stringify({
        platform: 'plain', max_batch_size: 4, input: ints('x'), output: floats('y'),
        parameters: { placement: 'pool' }, ...rolling({ mode: 'canary', share: 0.5 }),
      }),
    });
    const server = await serve(repository, temporaryFolder());
    const ask = async (x: number): Promise<unknown> => {
      const inputs = [{ name: 'x', datatype: 'INT32', shape: [1, 1], data: [x] }];
      const answer = await fetch(`${server.url}/v2/models/m/infer`, {
        method: 'POST', body: JSON.stringify({ inputs }),
      });
      return answer.status === 200 ? 'answered' : await answer.text();
    };
    let asked = 0;
    while ((await stateOf(server)).state === 'running') {
      assert.deepEqual(await Promise.all([ask(50), ask(60)]), ['answered', 'answered']);
      asked += 2;
      assert.ok(asked < 400);
    }

    const { why, candidate } = await stateOf(server);
    assert.match(why ?? '', /errors/);
    assert.equal(candidate.errors, candidate.requests);
  });
});
