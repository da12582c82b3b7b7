/** A server of its own process, with models in code that do what they are told: end, hang, eat. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { temporaryFolder, writeFiles } from '../support/model-repository.ts';
import { type ServerProcess, startServer } from '../support/server-process.ts';
import { SocketClient } from '../support/socket-client.ts';
import { askTimes, writeTimes } from '../support/times-model.ts';

const [EXIT, HANG, EAT, ABORT_LATER] = [-1, -2, -3, -4];
const CODE = `
export default () => ({
  run([x], rows, [y]) {
    for (let row = 0; row < rows; row += 1) {
      if (x[row] === ${EXIT}) process.exit(3);
      if (x[row] === ${HANG}) for (;;);
      if (x[row] === ${EAT}) for (const all = []; ; ) all.push(Array.from({ length: 1e6 }, () => ({})));
      if (x[row] === ${ABORT_LATER}) setImmediate(() => { throw new Error('told to crash'); });
      y[row] = 2 * x[row];
    }
  },
});
`;

suite('A server whose models misbehave', () => {
  const repository = temporaryFolder();
  let server: ServerProcess;
  before(async () => {
    const pool = { parameters: { placement: 'pool' } };
    writeTimes(repository, 'calm', { 1: 3 }, pool);
    writeTimes(repository, 'inline', { 1: 5 });
    writeTimes(repository, 'wild', {}, { platform: 'pipeline', ...pool });
    writeFiles(repository, { 'wild/1/pipeline.mjs': CODE });
    server = await startServer(temporaryFolder(), undefined, 'auto', {
      VITRINE_MODELS: repository, VITRINE_WORKERS: '1', VITRINE_RUN_MS_MAX: '1500',
      VITRINE_WORKER_HEAP_MIB_MAX: '64', VITRINE_LOG: 'error', VITRINE_MODEL_CONTROL: 'explicit',
    });
  });
  after(() => server.kill());

  for (const [what, x, why] of [
    ['ends its thread', EXIT, /500 .*the worker was lost/],
    ['hangs', HANG, /500 .*a run took longer than 1500 ms/],
    ['eats all memory', EAT, /500 .*the worker was lost/],
    ['crashes once it has answered', ABORT_LATER, /500 .*the worker was lost|-8/],
  ] as const) {
    test(`one that ${what}: told with the cause, the others are answered, and it runs again`, async () => {
      let over = false;
      let inline = 0;
      const beside = (async () => {
        for (; !over; inline += 1) assert.equal(await askTimes(server.url, 'inline', inline), 5 * inline);
      })();

      const told = await askTimes(server.url, 'wild', x);
      assert.match(String(told), why);
      assert.equal(await askTimes(server.url, 'calm', 7), 21, 'on the thread that came for it');
      assert.equal(await askTimes(server.url, 'wild', 7), 14);

      over = true;
      await beside;
      assert.ok(inline > 0);
    });
  }

  test('one whose file is gone is refused with its name, and what was served goes on', async () => {
    rmSync(join(repository, 'calm/1/model.plain.json'));
    const load = await fetch(`${server.url}/v2/repository/models/calm/load`, { method: 'POST' });

    assert.match(`${load.status} ${await load.text()}`, /^[45]\d\d .*model\.plain\.json/);
    assert.equal(await askTimes(server.url, 'calm', 2), 6);
  });

  test('SIGTERM: every request that was sent on a socket is answered before it is closed', async () => {
    const clients = await Promise.all(Array.from({ length: 8 }, () =>
      SocketClient.open(server.port, ['vitrine.v1.json'])));
    const sent = new Map(clients.map((client) => [client, new Set<number>()]));
    const inputs = [{ name: 'x', datatype: 'FP32', shape: [1, 1], data: [1] }];
    let id = 0;
    const ask = (client: SocketClient): void => {
      id += 1;
      sent.get(client)!.add(id);
      const model = ['wild', 'inline', 'calm'][id % 3];
      client.send(JSON.stringify({ id, op: 'infer', model, inputs }));
    };
    const codes = new Map<string, number>();
    let ending = false;
    const readers = clients.map(async (client) => {
      for (let i = 0; i < 32; i += 1) ask(client);
      while (sent.get(client)!.size > 0) {
        const reply = JSON.parse((await client.next()).data.toString()) as {
          id: number; error?: { code: string } };
        assert.ok(sent.get(client)!.delete(reply.id));
        const code = reply.error?.code ?? 'ok';
        codes.set(code, (codes.get(code) ?? 0) + 1);
        if (!ending) ask(client);
      }
    });
    while ((codes.get('ok') ?? 0) < 1000) await new Promise(setImmediate);

    ending = true;
    const ended = server.stop();
    await Promise.all(readers); // hangs where a request was lost
    assert.equal(await ended, 0);

    assert.deepEqual(await Promise.all(clients.map(({ closed }) => closed)), clients.map(() => 1001));
    assert.ok([...codes.keys()].every((code) => code === 'ok' || code === 'draining'), [...codes].join());
  });
});
