import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { suite, test } from 'node:test';
import { seededMlp } from '../../models/recipes/dense.ts';
import { openHost, requestOf } from '../support/host.ts';
import {
  denseConfigJson, denseFiles, temporaryFolder, writeDense, writeFiles,
} from '../support/model-repository.ts';

const small = seededMlp(3, [6, 16, 2], 'tanh');
const wide = seededMlp(4, [9, 12, 3], 'softmax');
const inline = { parameters: { placement: 'inline' } };
const ownFolders = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('vitrine-model-')).sort();

async function setup() {
  const repository = temporaryFolder();
  writeDense(repository, 'm', small, 'plain', inline);
  writeFiles(repository, { 'broken/config.json': '{}', 'broken/1/model.plain.json': '{}' });
  const host = await openHost(repository);
  const rows = (model: typeof small) => new Float32Array(model.layers[0]?.inputs as number);
  const answers = (name: string, model: typeof small) =>
    host.infer(requestOf(name, model, rows(model)));
  return { host, repository, answers };
}

suite('the repository of a host', () => {
  test('the index tells ready, broken, unloaded and unused models apart', async () => {
    const { host, repository } = await setup();
    writeDense(repository, 'new', small, 'plain', inline);

    const [broken, ...others] = await host.index();
    await host.unload('m');
    const later = await host.index();
    await host.close();

    assert.deepEqual([broken?.name, broken?.state], ['broken', 'UNAVAILABLE']);
    assert.match(broken?.reason ?? '', /input is missing/);
    assert.deepEqual(others, [{ name: 'm', version: '1', state: 'READY' }, { name: 'new' }]);
    assert.deepEqual(later[1],
      { name: 'm', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' });
  });

  test('a configuration may stand in for the one on disk, until the next load', async () => {
    const { host } = await setup();
    const config = denseConfigJson(small, 'plain', { ...inline, max_batch_size: 3 });

    await host.load('m', { config, files: new Map() });
    const overridden = host.config('m').max_batch_size;
    await host.load('m');
    const own = host.config('m').max_batch_size;
    await assert.rejects(host.load('m', { config: { platform: 'odd' }, files: new Map() }),
      { code: 'bad_argument', message: /the given config: input is missing/ });
    assert.ok(host.ready('m')); // a load that fails changes nothing
    await host.close();

    assert.deepEqual([overridden, own], [3, 16]);
  });

  test('files may stand in for those on disk, and leave nothing behind', async () => {
    const { host, answers } = await setup();
    const before = ownFolders();
    const config = denseConfigJson(wide, 'plain', inline);
    const content = Object.entries(denseFiles(wide, 'plain'));
    const files = new Map(content.map(([name, bytes]) => [`1/${name}`, Buffer.from(bytes)]));

    await host.load('m', { config, files });
    await host.load('elsewhere', { config, files });
    const [one, other] = await Promise.all([answers('m', wide), answers('elsewhere', wide)]);
    await host.load('m');
    await answers('m', small);
    await assert.rejects(host.load('m', { config, files: new Map([['../up', Buffer.from('')]]) }),
      { code: 'bad_argument' });
    await assert.rejects(host.load('..', { config, files }), { code: 'bad_argument' });
    await host.close();

    assert.deepEqual(one.outputs[0]?.data, other.outputs[0]?.data);
    assert.deepEqual(ownFolders(), before);
  });
});
