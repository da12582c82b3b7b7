import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { seededMlp } from '../../models/recipes/dense.ts';
import { Metrics } from '../../server/observe/metrics.ts';
import { laneStats, observeLanes } from '../../server/observe-lanes.ts';
import { encodeStats } from '../../server/wire/kserve-stats.ts';
import { openHost, requestOf } from '../support/host.ts';
import { temporaryFolder, writeDense } from '../support/model-repository.ts';

interface Duration { count: number; ns: number }
interface Stats {
  name: string;
  last_inference: number;
  inference_count: number;
  execution_count: number;
  inference_stats: Record<string, Duration>;
  batch_stats: ({ batch_size: number } & Record<string, Duration>)[];
  memory_usage: { byte_size: number }[];
}

suite('statistics of a loaded model', () => {
  for (const placement of ['inline', 'pool']) {
    test(`${placement}: counts and nanoseconds add up to the last digit`, async () => {
      const repository = temporaryFolder();
      const model = seededMlp(3, [6, 16, 2], 'tanh');
      writeDense(repository, 'm', model, 'plain', { parameters: { placement } });
      const host = await openHost(repository);
      const rows = (count: number) => new Float32Array(count * (model.layers[0]?.inputs as number));
      const asked = Array.from({ length: 50 }, (_, i) =>
        host.infer(requestOf('m', model, rows(1 + (i % 3)))));
      asked.push(host.infer(requestOf('m', model, rows(1), { deadlineMs: 0.0001 })));

      const ended = await Promise.allSettled(asked);
      const stats = (JSON.parse(encodeStats(laneStats(host))) as { model_stats: Stats[] })
        .model_stats[0]!;
      const metrics = new Metrics();
      observeLanes(metrics, host);
      await host.close();

      const failed = ended.filter(({ status }) => status === 'rejected').length;
      const { success, fail, queue, compute_input, compute_infer, compute_output } =
        stats.inference_stats as Record<string, Duration>;
      const phases = [queue!, compute_input!, compute_infer!, compute_output!];
      assert.deepEqual([success!.count, fail!.count], [asked.length - failed, failed]);
      for (const phase of phases) assert.equal(phase.count, success!.count);
      assert.equal(phases.reduce((sum, { ns }) => sum + ns, 0), success!.ns);
      assert.ok(phases.every(({ ns }) => Number.isSafeInteger(ns) && ns >= 0));
      const sum = (of: (one: Stats['batch_stats'][number]) => number) =>
        stats.batch_stats.reduce((total, one) => total + of(one), 0);
      assert.equal(sum((one) => one.compute_infer!.count), stats.execution_count);
      assert.equal(sum((one) => one.compute_infer!.count * one.batch_size), stats.inference_count);
      assert.ok(stats.inference_count >= asked.length - failed);
      assert.ok(stats.memory_usage[0]!.byte_size > 0 && stats.last_inference > 1.7e12);
      const page = metrics.text();
      assert.match(page, /^nv_model_load_duration_secs\{model="m",version="1"\} 0\.\d+$/m);
      for (const phase of ['queue', 'compute_input', 'compute_infer', 'compute_output', 'request']) {
        const count = `nv_inference_${phase}_duration_histogram_us_count{model="m",version="1"}`;
        assert.ok(page.includes(`${count} ${success!.count}\n`), phase);
      }
      const reasons = [...page.matchAll(/^nv_inference_request_failure\{.*reason="(\w+)"\} (\d+)$/gm)];
      assert.deepEqual(reasons.map(([, reason, count]) => `${reason} ${count}`),
        [`REJECTED ${failed}`, 'CANCELED 0', 'BACKEND 0', 'OTHER 0']);
      assert.ok(page.includes(`nv_inference_count{model="m",version="1"} ${stats.inference_count}\n`));
      assert.ok(page.includes(`nv_inference_exec_count{model="m",version="1"} ${stats.execution_count}\n`));
      assert.ok(page.includes(
        `nv_inference_request_duration_us{model="m",version="1"} ${Math.floor(success!.ns / 1000)}\n`));
    });
  }
});
