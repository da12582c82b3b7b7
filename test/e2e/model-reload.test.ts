import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { systemClock } from '../../server/core/clock.ts';
import { float32View } from '../../server/core/tensor.ts';
import type { ModelHost } from '../../server/serve.ts';
import { openHost } from '../support/host.ts';
import { temporaryFolder } from '../support/model-repository.ts';
import { timesInput, writeTimes } from '../support/times-model.ts';

const all = { version_policy: { all: {} } };
/** An hour on: no file was changed in the last moments. */
const later = { ...systemClock, wallMs: () => Date.now() + 3_600_000 };

function versionsOf(host: ModelHost): unknown[] {
  return ['1', '2'].map((version) => host.lane('m', version));
}

async function ask(host: ModelHost, version: string): Promise<number | undefined> {
  const { outputs } = await host.infer({ model: 'm', version, inputs: timesInput(1) });
  return float32View(outputs[0]!)[0];
}

suite('A model that is loaded again', () => {
  for (const placement of ['inline', 'pool']) {
    const config = { ...all, parameters: { placement } };
    test(`goes on with the versions whose files nobody touched (${placement})`, async () => {
      const repository = temporaryFolder();
      writeTimes(repository, 'm', { 1: 10, 2: 20 }, config);
      const host = await openHost(repository, { clock: later });
      const [first, second] = versionsOf(host);
      assert.deepEqual([await ask(host, '1'), await ask(host, '2')], [10, 20]);

      await host.load('m');
      assert.deepEqual(versionsOf(host), [first, second], 'nothing is opened again');
      writeTimes(repository, 'm', { 2: 25 }, config); // of the same size, in the same file
      await host.load('m');

      assert.equal(host.lane('m', '1'), first);
      assert.notEqual(host.lane('m', '2'), second);
      assert.deepEqual([await ask(host, '1'), await ask(host, '2')], [10, 25]);
      assert.equal(host.report()[0]?.lane.stats.answered, 2, 'its counts go on');
      await host.close();
    });
  }

  test('keeps them when only labels and policy change, and none when the config does', async () => {
    const repository = temporaryFolder();
    writeTimes(repository, 'm', { 1: 10, 2: 20 }, all);
    const host = await openHost(repository, { clock: later });
    const [first, second] = versionsOf(host);

    writeTimes(repository, 'm', {}, { ...all, version_labels: { old: 1 } });
    await host.load('m');
    assert.deepEqual([host.lane('m', 'old'), host.lane('m', '2')], [first, second]);
    writeTimes(repository, 'm', {}, { version_policy: { specific: { versions: [2] } } });
    await host.load('m');
    assert.deepEqual([host.metadata('m').versions, host.lane('m', '2')], [['2'], second]);
    writeTimes(repository, 'm', {}, { max_batch_size: 2, ...all });
    await host.load('m');
    assert.ok(host.lane('m', '1') !== first && host.lane('m', '2') !== second);
    assert.deepEqual([await ask(host, '1'), await ask(host, '2')], [10, 20]);
    await host.close();
  });

  test('is no worse off when a new version cannot be opened: what was kept goes on', async () => {
    const repository = temporaryFolder();
    writeTimes(repository, 'm', { 1: 10, 2: 20 }, all);
    const host = await openHost(repository, { clock: later });
    const before = versionsOf(host);

    writeTimes(repository, 'm', { 3: 'no number' as unknown as number }, all);
    await assert.rejects(host.load('m'));

    assert.deepEqual(versionsOf(host), before);
    assert.deepEqual([await ask(host, '1'), await ask(host, '2')], [10, 20]);
    await host.close();
  });

  test('is opened anew when its files were changed a moment ago: a second change may not show', async () => {
    const repository = temporaryFolder();
    writeTimes(repository, 'm', { 1: 10, 2: 20 }, all);
    const host = await openHost(repository);
    const [first] = versionsOf(host);

    await host.load('m');

    assert.notEqual(host.lane('m', '1'), first);
    await host.close();
  });
});
