import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { float32View } from '../../server/core/tensor.ts';
import { openHost } from '../support/host.ts';
import { temporaryFolder, writeFiles } from '../support/model-repository.ts';
import { timesInput, writeTimes } from '../support/times-model.ts';

const tensor = (name: string): object[] => [{ name, data_type: 'TYPE_FP32', dims: [1] }];

/** Each step's x from the one before. */
function chain(...models: string[]): string {
  const step = models.map((model_name, i) => ({
    model_name, input_map: { x: i === 0 ? 'in' : `t${i}` },
    output_map: { y: i === models.length - 1 ? 'out' : `t${i + 1}` },
  }));
  return JSON.stringify({
    platform: 'ensemble', max_batch_size: 4, input: tensor('in'), output: tensor('out'),
    ensemble_scheduling: { step },
  });
}

suite('An ensemble in a host', () => {
  test('needs no file, loads its steps, and goes on while one of them is replaced', async () => {
    const repository = temporaryFolder();
    writeFiles(repository, { 'all/config.json': chain('twice', 'thrice') });
    writeTimes(repository, 'twice', { 1: 2 }, { parameters: { placement: 'pool' } });
    writeTimes(repository, 'thrice', { 1: 3 });
    const host = await openHost(repository);
    const ask = async (): Promise<number | undefined> => {
      const [input] = timesInput(1);
      const { outputs } = await host.infer({ model: 'all', inputs: [{ ...input!, name: 'in' }] });
      return float32View(outputs[0]!)[0];
    };

    assert.equal(await ask(), 6);
    let over = false;
    const callers = Promise.all(Array.from({ length: 4 }, async () => {
      while (!over) assert.ok([6, 15].includes((await ask())!));
    }));
    writeTimes(repository, 'twice', { 1: 5 }, { parameters: { placement: 'pool' } });
    await host.load('twice');
    over = true;
    await callers;
    assert.equal(await ask(), 15);

    await host.unload('thrice');
    assert.equal(host.ready('all'), false);
    await assert.rejects(ask(), { code: 'unknown_model' });
    await host.load('thrice');
    assert.deepEqual([host.ready('all'), await ask()], [true, 15]);
    await host.close();
  });

  test('closing answers what is between two steps', async () => {
    const repository = temporaryFolder();
    const pool = { parameters: { placement: 'pool' } };
    writeFiles(repository, { 'all/config.json': chain('twice', 'thrice', 'twice') });
    writeTimes(repository, 'twice', { 1: 2 }, pool);
    writeTimes(repository, 'thrice', { 1: 3 }, pool);
    const host = await openHost(repository);
    const [input] = timesInput(1);
    const ask = () => host.infer({ model: 'all', inputs: [{ ...input!, name: 'in' }] });
    const asked = Array.from({ length: 50 }, ask);
    await Promise.race(asked);

    const closed = host.close();
    await assert.rejects(ask(), { code: 'draining' });
    for (const { outputs } of await Promise.all(asked)) assert.equal(float32View(outputs[0]!)[0], 12);
    await closed;
  });

  test('a step that becomes an ensemble of its own ensemble is refused, and stays as it was', async () => {
    const repository = temporaryFolder();
    writeFiles(repository, { 'a/config.json': chain('b') });
    writeTimes(repository, 'b', { 1: 2 });
    const host = await openHost(repository);
    writeFiles(repository, { 'b/config.json': chain('a') });

    await assert.rejects(host.load('b'), { code: 'bad_argument', message: /is a step of itself/ });

    assert.equal(host.config('b').platform, 'plain');
    assert.equal(host.ready(), true);
    await host.close();
  });

  test('ensembles may be steps of others, but none of itself', async () => {
    const repository = temporaryFolder();
    writeFiles(repository, {
      'a/config.json': chain('b', 'b').replaceAll('"x"', '"in"').replaceAll('"y"', '"out"'),
      'b/config.json': chain('twice'),
      'c/config.json': chain('d'), 'd/config.json': chain('c'),
    });
    writeTimes(repository, 'twice', { 1: 2 });
    const host = await openHost(repository);

    const [input] = timesInput(1);
    const { outputs } = await host.infer({ model: 'a', inputs: [{ ...input!, name: 'in' }] });
    assert.equal(float32View(outputs[0]!)[0], 4);
    for (const name of ['c', 'd']) {
      assert.match(host.failures.get(name)?.message ?? '', /is a step of itself/);
    }
    await host.close();
  });
});
