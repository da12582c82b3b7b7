/** How the server begins and ends: what stands in its way, what it leaves behind, what it logs. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { openApp } from '../../server/app.ts';
import { readConfig } from '../../server/config.ts';
import { Log } from '../../server/core/log.ts';
import { LmdbStore } from '../../server/store/lmdb-store.ts';
import { temporaryFolder, writeFiles } from '../support/model-repository.ts';

const quiet = new Log('error', () => {});

suite('the server begins and ends', () => {
  test('a taken port is told with what to change, before anything is written', async () => {
    const folder = join(temporaryFolder(), 'data');
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;

    await assert.rejects(openApp(readConfig({ PORT: String(port), VITRINE_DATA: folder }), quiet), {
      code: 'bad_argument', message: /is taken by another program; choose another PORT \(--port\)/,
    });

    assert.equal(existsSync(folder), false);
    other.close();
  });

  test('a server that cannot start lets go of its store', async () => {
    const folder = temporaryFolder();
    const models = join(folder, 'nowhere');
    const config = readConfig({ PORT: '0', VITRINE_DATA: folder, VITRINE_MODELS: models });

    await assert.rejects(openApp(config, quiet), { code: 'bad_argument' });

    const store = LmdbStore.open(join(folder, 'store')); // else: it is another process's
    assert.equal(store.eventCount, 0);
    await store.close();
  });

  test('its end is logged: what was open when it began, what was served when it is over', async () => {
    const folder = temporaryFolder();
    writeFiles(folder, { 'models/recommend.json': '{}' });
    const lines: string[] = [];
    const log = new Log('info', (line) => lines.push(line));
    const config = readConfig({
      PORT: '0', VITRINE_DATA: folder, VITRINE_MODELS: join(folder, 'models'),
    });
    const app = await openApp(config, log);
    const url = `http://127.0.0.1:${app.port}`;
    await (await fetch(`${url}/nowhere`)).text();
    const events = [{ id: 'e1', type: 'item_view', session: 's', items: ['a'] }];
    await (await fetch(`${url}/v1/events`, {
      method: 'POST', body: JSON.stringify({ events }),
    })).text();
    lines.length = 0;

    await app.close();

    const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    assert.deepEqual(told.map(({ what }) => what), ['draining', 'closed']);
    assert.deepEqual([told[0]!['sockets'], told[0]!['rows']], [0, 0]);
    assert.equal(told[1]!['requests'], 2);
    assert.equal(told[1]!['events'], 1);
  });
});
