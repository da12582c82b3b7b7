import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { BatchLane } from '../../../server/batch/batch-lane.ts';
import { inferOn } from '../../../server/batch/infer.ts';
import { systemClock } from '../../../server/core/clock.ts';
import { Log } from '../../../server/core/log.ts';
import { float32Tensor } from '../../../server/core/tensor.ts';
import { Line } from '../../../server/fronts/line.ts';
import { takeInfers } from '../../../server/fronts/remote-lane.ts';
import { SharedModels } from '../../../server/fronts/shared-models.ts';
import { addedUp, laneNumbers } from '../../../server/fronts/numbers.ts';
import type { ModelHost } from '../../../server/serve.ts';
import { openHost } from '../../support/host.ts';
import { temporaryFolder, writeFiles } from '../../support/model-repository.ts';

const sum = (more: object): string => JSON.stringify({
  platform: 'plain', max_batch_size: 8,
  input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [2] }],
  output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [1] }],
  ...more,
});
const WEIGHTS = JSON.stringify({
  layers: [{ type: 'dense', inputs: 2, units: 1, weight: [1, 10], bias: [0] }],
});
const X = [float32Tensor('x', [1, 2], Float32Array.of(3, 4))];
const RUNS = 4;

suite("The models of another thread's", () => {
  let host: ModelHost;
  let models: SharedModels;
  const { port1, port2 } = new MessageChannel();

  before(async () => {
    const folder = temporaryFolder();
    const inline = { placement: 'inline' };
    const configs = {
      plain: { parameters: inline },
      pooled: { parameters: { placement: 'pool' } },
      cached: { parameters: inline, response_cache: { enable: true } },
    };
    for (const [name, config] of Object.entries(configs)) {
      writeFiles(folder, {
        [join(name, 'config.json')]: sum({ name, ...config }), [join(name, '1/model.plain.json')]: WEIGHTS,
      });
    }
    host = await openHost(folder);
    takeInfers(new Line(port2), host, systemClock);
    const log = new Log('error');
    models = new SharedModels({ line: new Line(port1), clock: systemClock, log, drainMsMax: 1000 });
    await models.update(host.table());
  });
  after(async () => {
    await models.close();
    await host.close();
    port1.close();
  });

  test('run here where they are cheap and keep nothing, and there where not', async () => {
    assert.deepEqual([...host.failures.keys()], []);
    for (const model of ['plain', 'pooled', 'cached']) {
      assert.equal(models.lane(model) instanceof BatchLane, model === 'plain', model);
      const { outputs } = await inferOn(models.lane(model), { model, inputs: X }, systemClock);
      assert.equal(new DataView(outputs[0]!.data.buffer).getFloat32(0, true), 43, model);
    }
  });

  test('count on both, and add up', async () => {
    const lane = host.lane('plain') as BatchLane;
    const here = models.own[0]!;
    const before = [lane.stats.answered, here.lane.stats.answered] as const;
    for (let run = 0; run < RUNS; run += 1) {
      for (const one of [lane, here.lane]) {
        await inferOn(one, { model: 'plain', inputs: X }, systemClock);
      }
    }

    const { stats } = addedUp(lane, [structuredClone(laneNumbers(here.generation, here.lane))]);

    assert.equal(stats.answered, before[0] + before[1] + 2 * RUNS);
    assert.equal(stats.phases.successes, stats.answered);
    assert.equal(stats.phases.rows, stats.answered);
    assert.equal(stats.requestUs.count, stats.answered);
    assert.equal(stats.runUs.count, stats.phases.runs);
  });

  test('fail as they do there', async () => {
    assert.throws(() => models.lane('none'), { code: 'unknown_model' });
    assert.throws(() => models.lane('plain', '7'), { code: 'unknown_version' });
    assert.deepEqual(models.metadata('pooled'), { ...host.metadata('pooled') });
    assert.deepEqual(models.list(), host.list());
  });

  test('that are given up are answered cancelled, once', async () => {
    const controller = new AbortController();
    const asked = inferOn(models.lane('pooled'),
      { model: 'pooled', inputs: X, signal: controller.signal }, systemClock);
    controller.abort();
    await assert.rejects(asked, { code: 'cancelled' });
  });

  test('that are unloaded there are gone here', async () => {
    await host.unload('plain');
    await models.update(host.table());
    assert.throws(() => models.lane('plain'), { code: 'unknown_model' });
    assert.equal(models.own.length, 0);
  });
});
