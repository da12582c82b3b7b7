import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { seededMlp } from '../../../models/recipes/dense.ts';
import { modelNames, readModel, servedVersions, unconfigured } from '../../../server/catalog/repository.ts';
import { denseConfigJson, temporaryFolder, writeFiles } from '../../support/model-repository.ts';

const model = seededMlp(1, [2, 2]);
const OUTPUT = { name: 'output', data_type: 'TYPE_FP32', dims: [2] };

/** A repository with the model `m` in the given versions. */
function setup(
  versions: readonly string[], more: object = {}, files: Record<string, string> = {},
): string {
  const repository = temporaryFolder();
  writeFiles(repository, {
    'm/config.json': JSON.stringify(denseConfigJson(model, 'plain', more)),
    ...Object.fromEntries(versions.map((version) => [`m/${version}/model.plain.json`, '{}'])),
    ...files,
  });
  return repository;
}

suite('Model repository', () => {
  test('folders with a config.json are models; others, and files, are left alone', async () => {
    const files = { 'a-model/config.json': '', 'vectors/items.txt': '', 'recommend.json': '{}' };
    const repository = setup(['1'], {}, files);
    assert.deepEqual(await modelNames(repository), ['a-model', 'm']);
  });

  test('a folder that holds a model file and no config.json is named', async () => {
    const repository = setup(['1'], {}, {
      'versioned/2/model.onnx': '', 'bare/model.json': '', 'vectors/1/items.txt': '',
      'empty/readme': '', 'other/1/model.bin': '',
    });
    assert.deepEqual(await unconfigured(repository, ['model.onnx', 'model.json']),
      ['bare', 'versioned']);
  });

  test('a repository that is not there is refused by its path', async () => {
    await assert.rejects(modelNames('/nowhere/at/all'), /repository \/nowhere\/at\/all: ENOENT/);
  });

  test('versions are numbered folders in order of number; other folders are none', async () => {
    const repository = setup(['10', '9', '2', '01', 'old', '1.5'], { version_policy: { all: {} } });
    const { versions, served } = await readModel(repository, 'm');
    assert.deepEqual([versions, served], [[2, 9, 10], [2, 9, 10]]);
  });

  test('the policy says which versions are served', () => {
    const versions = [1, 2, 5, 10];
    assert.deepEqual(servedVersions(versions, { latest: { num_versions: 1 } }), [10]);
    assert.deepEqual(servedVersions(versions, { latest: { num_versions: 3 } }), [2, 5, 10]);
    assert.deepEqual(servedVersions(versions, { latest: { num_versions: 9 } }), versions);
    assert.deepEqual(servedVersions(versions, { all: {} }), versions);
    assert.deepEqual(servedVersions(versions, { specific: { versions: [5, 1, 7] } }), [1, 5]);
  });

  test('card and labels are read', async () => {
    const output = [{ ...OUTPUT, label_filename: 'classes.txt' }];
    const files = { 'm/card.json': '{"data": "seeded"}', 'm/classes.txt': 'yes\r\nno\n' };
    const repository = setup(['1'], { output }, files);
    const { card, labels } = await readModel(repository, 'm');
    assert.deepEqual(card, { data: 'seeded' });
    assert.deepEqual(labels.get('output'), ['yes', 'no']);
  });

  for (const [what, repository, message] of [
    ['no version', setup([]), /there is no version folder such as 1\//],
    ['a policy that serves none', setup(['1'], { version_policy: { specific: { versions: [3] } } }),
      /serves none of the versions 1$/],
    ['a label of a version that is not served', setup(['1', '2'], { version_labels: { old: 1 } }),
      /version_labels\.old is 1, which is not served \(2\)/],
    ['a card that is no object', setup(['1'], {}, { 'm/card.json': '[]' }),
      /card\.json: a model card is an object/],
    ['a label file that is not there',
      setup(['1'], { output: [{ ...OUTPUT, label_filename: 'l.txt' }] }), /l\.txt: ENOENT/],
  ] as const) {
    test(`a model with ${what} is refused, naming file and reason`, async () => {
      await assert.rejects(readModel(repository, 'm'), message);
    });
  }
});
