import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { seededMlp } from '../../../models/recipes/dense.ts';
import { lookForModel } from '../../../server/catalog/look.ts';
import { denseConfigJson, temporaryFolder, writeFiles } from '../../support/model-repository.ts';

const config = denseConfigJson(seededMlp(1, [2, 2]), 'plain');
const LATER_MS = Date.now() + 60_000; // files are no longer new
const describe = (): never => assert.fail('the config says it all');

function look(more: object = {}) {
  const repository = temporaryFolder();
  writeFiles(repository, {
    'm/config.json': JSON.stringify(config), 'm/1/model.plain.json': '{}', 'm/3/model.plain.json': '{}',
  });
  const wanted = { repository, name: 'm', override: undefined, own: false, nowMs: LATER_MS, ...more };
  return lookForModel(wanted, describe);
}

suite('Looking for a model', () => {
  test('what is found can be sent to another thread as it is', async () => {
    const found = await look();
    assert.deepEqual(structuredClone(found), found);
    assert.deepEqual(found?.folder.served, [3]);
    assert.match(found?.prints.get(3) ?? '', /model\.plain\.json:2:/);
  });

  test('there is none of a name that the repository does not list, whatever lies at its path', async () => {
    for (const name of ['n', '', '.', '../m', 'm/', 'm/1']) assert.equal(await look({ name }), null);
  });

  test('a config that came with the request stands in for the file', async () => {
    const found = await look({ override: { ...config, version_policy: { all: {} } } });
    assert.deepEqual([found?.folder.served, found?.prints.size], [[1, 3], 2]);
  });

  test('nobody can tell whether files of a request change, or such as are new', async () => {
    assert.equal((await look({ own: true }))?.prints.size, 0);
    assert.deepEqual([...(await look({ nowMs: Date.now() }))?.prints ?? []], [[3, '']]);
  });
});
