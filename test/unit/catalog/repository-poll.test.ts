import assert from 'node:assert/strict';
import { mkdirSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { changesBetween, fingerprints } from '../../../server/catalog/fingerprints.ts';
import { RepositoryPoll } from '../../../server/catalog/repository-poll.ts';
import { ServeError } from '../../../server/core/errors.ts';
import { Log } from '../../../server/core/log.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder, writeFiles } from '../../support/model-repository.ts';

const S = 1_000_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A poll every 15 s over folders as the test has them; `broken` does not load. */
function setup(first: Record<string, string>) {
  const clock = new FakeClock();
  const asked: string[] = [];
  const state = { folders: first, unreadable: false };
  const poll = RepositoryPoll.over({
    clock, everyUs: 15 * S, log: new Log('error', () => {}),
    look: async () => {
      if (state.unreadable) throw new ServeError('bad_argument', 'gone');
      return new Map(Object.entries(state.folders));
    },
    models: {
      async load(name) {
        asked.push(`load ${name}`);
        if (name === 'broken') throw new ServeError('backend', 'cut short');
      },
      async unload(name) { asked.push(`unload ${name}`); },
    },
  }, new Map(Object.entries(first)));
  const pass = async (us: number): Promise<void> => {
    clock.advance(us);
    await turn();
    await turn();
  };
  return { asked, poll, state, pass };
}

suite('Polling the repository', () => {
  test('what is new or has changed is loaded, what is gone unloaded, the rest left alone', async () => {
    const { asked, state, pass } = setup({ a: '1', b: '1', c: '1' });
    await pass(15 * S);
    assert.deepEqual(asked, []);

    state.folders = { a: '1', b: '2', d: '1' };
    await pass(15 * S);
    assert.deepEqual(asked, [], 'seen to change: is it whole?');
    await pass(1 * S);

    assert.deepEqual(asked, ['unload c', 'load b', 'load d']);
    await pass(60 * S);
    assert.equal(asked.length, 3);
  });

  test('a folder that is still being written is left alone until it rests for a second', async () => {
    const { asked, state, pass } = setup({});
    for (let size = 1; size <= 20; size += 1) {
      state.folders = { a: String(size) };
      await pass(size === 1 ? 15 * S : 1 * S);
      assert.deepEqual(asked, [], `at size ${size}`);
    }

    await pass(1 * S);

    assert.deepEqual(asked, ['load a']);
  });

  test('a model that does not load is tried again when its folder changes, not before', async () => {
    const { asked, state, pass } = setup({});
    state.folders = { broken: '1', whole: '1' };
    await pass(15 * S);
    await pass(1 * S);
    assert.deepEqual(asked, ['load broken', 'load whole']);
    await pass(60 * S);
    assert.equal(asked.length, 2);

    state.folders = { broken: '2', whole: '1' };
    await pass(15 * S);
    await pass(1 * S);

    assert.deepEqual(asked.slice(2), ['load broken']);
  });

  test('a repository that cannot be read unloads nothing, and is looked at again', async () => {
    const { asked, state, pass } = setup({ a: '1' });
    state.unreadable = true;
    await pass(15 * S);
    await pass(15 * S);
    assert.deepEqual(asked, []);

    state.unreadable = false;
    state.folders = {};
    await pass(15 * S);
    await pass(1 * S);

    assert.deepEqual(asked, ['unload a']);
  });

  test('closed, it looks no more', async () => {
    const { asked, poll, state, pass } = setup({ a: '1' });
    await poll.close();
    state.folders = {};

    await pass(60 * S);

    assert.deepEqual(asked, []);
  });
});

suite('Fingerprints of a repository', () => {
  test('any file of a model changes its own, and no other', async () => {
    const repository = temporaryFolder();
    const write = (files: Record<string, string>): void => writeFiles(repository, files);
    write({ 'a/config.json': '{}', 'a/1/model.onnx': 'x', 'b/config.json': '{}', 'vectors/1/x': '' });
    const changedBy = async (change: () => void): Promise<readonly string[]> => {
      const before = await fingerprints(repository);
      change();
      const { load, unload } = changesBetween(before, await fingerprints(repository));
      return [...load, ...unload.map((name) => `-${name}`)];
    };

    assert.deepEqual(await changedBy(() => {}), []);
    assert.deepEqual(await changedBy(() => write({ 'a/2/model.onnx': 'x' })), ['a']);
    assert.deepEqual(await changedBy(() => write({ 'a/1/part/weights': 'x' })), ['a']);
    assert.deepEqual(
      await changedBy(() => utimesSync(join(repository, 'b/config.json'), 1, 1)), ['b']);
    assert.deepEqual(await changedBy(() => rmSync(join(repository, 'b/config.json'))), ['-b']);
    assert.deepEqual(await changedBy(() => write({ 'vectors/1/y': '' })), []);
    assert.deepEqual(await changedBy(() => mkdirSync(join(repository, 'empty'))), []);
  });
});
