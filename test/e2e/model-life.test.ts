/** Which models and versions a server serves, and how it comes to: the server as a process. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, suite, test } from 'node:test';
import { temporaryFolder } from '../support/model-repository.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { askTimes, writeTimes } from '../support/times-model.ts';

let running: ServerProcess | null = null;
afterEach(() => running?.kill());

async function serve(
  repository: string, settings: Record<string, string> = {},
): Promise<ServerProcess> {
  const models = { VITRINE_MODELS: repository, ...settings };
  running = await startServer(temporaryFolder(), undefined, 'auto', models);
  return running;
}

async function states({ url }: ServerProcess): Promise<string[]> {
  const answer = await fetch(`${url}/v2/repository/index`, { method: 'POST' });
  const index = await answer.json() as { name: string; version?: string; state?: string }[];
  return index.map(({ name, version, state }) => `${name}/${version ?? ''} ${state ?? ''}`);
}

suite('The life of models in a server', () => {
  test('policies say which versions are served, and labels name them in the path', async () => {
    const repository = temporaryFolder();
    const factors = { 1: 10, 2: 20, 3: 30 };
    writeTimes(repository, 'newest', factors);
    writeTimes(repository, 'two', factors, { version_policy: { latest: { num_versions: 2 } } });
    writeTimes(repository, 'some', factors, { version_policy: { specific: { versions: [1, 3] } } });
    writeTimes(repository, 'all', factors, {
      version_policy: { all: {} }, version_labels: { stable: 1, canary: 2 },
    });
    const server = await serve(repository);
    const ask = (path: string): Promise<number | string> => askTimes(server.url, path, 1);

    assert.deepEqual(await states(server), [
      'all/1 READY', 'all/2 READY', 'all/3 READY', 'newest/3 READY', 'some/1 READY', 'some/3 READY',
      'two/2 READY', 'two/3 READY',
    ]);
    assert.deepEqual(
      await Promise.all(['newest', 'two', 'two/versions/2', 'some', 'some/versions/1'].map(ask)),
      [30, 30, 20, 30, 10]);
    assert.deepEqual(
      await Promise.all(['all', 'all/versions/stable', 'all/versions/canary'].map(ask)), [30, 10, 20]);
    assert.match(String(await ask('newest/versions/2')), /^404 .*version/);
    assert.match(String(await ask('all/versions/beta')), /^404 .*version beta is not found/);
    await server.stop();
  });

  test('polled, the repository is followed: a new version, a new model, one that is gone', async () => {
    const repository = temporaryFolder();
    writeTimes(repository, 'm', { 1: 10 });
    writeTimes(repository, 'old', { 1: 10 });
    const settings = { VITRINE_MODEL_CONTROL: 'poll', VITRINE_POLL_SECONDS: '1' };
    const server = await serve(repository, settings);
    const ask = (path: string): Promise<number | string> => askTimes(server.url, path, 1);
    assert.equal(await ask('m'), 10);

    writeTimes(repository, 'm', { 2: 20 });
    writeTimes(repository, 'new', { 1: 70 });
    rmSync(join(repository, 'old'), { recursive: true });
    let answer = await ask('m');
    while (answer === 10 || (await ask('new')) !== 70) answer = await ask('m');

    assert.equal(answer, 20);
    assert.match(String(await ask('old')), /^404 .*'old' is not found/);
    assert.deepEqual(await states(server),
      ['m/2 READY', 'new/1 READY', 'old/1 UNAVAILABLE']);
    const load = await fetch(`${server.url}/v2/repository/models/m/load`, { method: 'POST' });
    assert.equal(load.status, 501, 'clients may not');
    await server.stop();
  });
});
