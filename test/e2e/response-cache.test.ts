import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { float32View } from '../../server/core/tensor.ts';
import { laneStats } from '../../server/observe-lanes.ts';
import { encodeStats } from '../../server/wire/kserve-stats.ts';
import { openHost } from '../support/host.ts';
import { temporaryFolder } from '../support/model-repository.ts';
import { timesInput, writeTimes } from '../support/times-model.ts';

const cached = { response_cache: { enable: true } };

suite('A model with a response cache', () => {
  test('answers from it, counts so, and forgets when it is replaced', async () => {
    const repository = temporaryFolder();
    writeTimes(repository, 'm', { 1: 10 }, cached);
    const host = await openHost(repository);
    const ask = async (x: number): Promise<number | undefined> => {
      const { outputs } = await host.infer({ model: 'm', inputs: timesInput(x) });
      return float32View(outputs[0]!)[0];
    };

    assert.deepEqual(await Promise.all([ask(1), ask(1), ask(2)]), [10, 10, 20]);
    assert.equal(await ask(1), 10);
    const [lane] = host.report();
    const [stats] = JSON.parse(encodeStats(laneStats(host))).model_stats;
    writeTimes(repository, 'm', { 1: 30 }, cached);
    await host.load('m');
    assert.deepEqual(await Promise.all([ask(1), ask(2)]), [30, 60]);
    assert.equal(host.answers.entries, 2, 'those of the new version alone');
    await host.unload('m');
    assert.deepEqual([host.answers.entries, host.answers.bytes], [0, 0]);
    await host.close();

    assert.deepEqual([lane?.lane.cache?.hits, lane?.lane.cache?.joined], [2, 1]);
    const { success, queue, cache_hit, cache_miss } = stats.inference_stats;
    assert.deepEqual([success.count, queue.count, cache_hit.count, cache_miss.count], [4, 2, 2, 2]);
    assert.equal(stats.inference_count, 2, 'hits ran nothing');
    const { compute_input, compute_infer, compute_output } = stats.inference_stats;
    assert.equal(success.ns,
      queue.ns + compute_input.ns + compute_infer.ns + compute_output.ns + cache_hit.ns);
  });

  test('under swaps nobody gets an answer of the model that was', async () => {
    const repository = temporaryFolder();
    writeTimes(repository, 'm', { 1: 1 }, cached);
    const host = await openHost(repository);
    let least = 1;
    let over = false;
    const callers = Promise.all(Array.from({ length: 8 }, async () => {
      while (!over) {
        const then = least;
        const { outputs } = await host.infer({ model: 'm', inputs: timesInput(1) });
        assert.ok(float32View(outputs[0]!)[0]! >= then);
      }
    }));
    for (let factor = 2; factor <= 12; factor += 1) {
      writeTimes(repository, 'm', { 1: factor }, cached);
      await host.load('m');
      least = factor;
    }
    over = true;
    await callers;
    await host.close();
  });
});
