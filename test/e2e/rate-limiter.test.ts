import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { float32View } from '../../server/core/tensor.ts';
import { openHost } from '../support/host.ts';
import { temporaryFolder } from '../support/model-repository.ts';
import { timesInput, writeTimes } from '../support/times-model.ts';

suite('Models that share a resource', () => {
  test('all are answered, never more at once than there is, pooled and inline', async () => {
    const repository = temporaryFolder();
    for (const [name, factor, placement] of [['a', 2, 'pool'], ['b', 3, 'pool'], ['c', 5, 'inline']] as const) {
      writeTimes(repository, name, { 1: factor }, {
        parameters: { placement },
        instance_group: [{ count: 2, rate_limiter: { resources: [{ name: 'R', count: 1 }] } }],
      });
    }
    const host = await openHost(repository, { workers: 2, resources: new Map([['R', 1]]) });

    const answers = await Promise.all(Array.from({ length: 600 }, async (_, i) => {
      const [model, factor] = ([['a', 2], ['b', 3], ['c', 5]] as const)[i % 3]!;
      const { outputs } = await host.infer({ model, inputs: timesInput(i) });
      assert.ok((host.limiter.used.get('R') ?? 0) <= 1);
      return float32View(outputs[0]!)[0] === factor * i;
    }));
    assert.ok(answers.every(Boolean));
    assert.equal(host.limiter.used.get('R'), 0);

    await host.load('a');
    await host.infer({ model: 'a', inputs: timesInput(1) });
    await host.close();
  });

  test('a model whose runs could never start is not served, and says why', async () => {
    const repository = temporaryFolder();
    writeTimes(repository, 'a', { 1: 2 }, {
      instance_group: { rate_limiter: { resources: [{ name: 'R', count: 2 }] } },
    });
    const host = await openHost(repository, { resources: new Map([['R', 1]]) });

    assert.match(host.failures.get('a')?.message ?? '', /needs 2 of the resource 'R', of which there are 1/);
    await host.close();
  });
});
