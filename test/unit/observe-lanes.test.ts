import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { observeLanes } from '../../server/observe-lanes.ts';
import { Metrics } from '../../server/observe/metrics.ts';
import type { ModelHost } from '../../server/serve.ts';
import { LaneWorld, type WorldOptions } from '../support/lane-world.ts';

function pageOf({ lane }: LaneWorld): string {
  const report = [{ model: 'm', version: '1', placement: 'pool', lane, loadSeconds: 0.25 }];
  const metrics = new Metrics();
  const answers = { bytes: 0, entries: 0, evicted: 0 };
  const limiter = { used: new Map() };
  observeLanes(metrics, { report: () => report, answers, limiter } as unknown as ModelHost);
  return metrics.text();
}

/** Two requests of level 1 and one of level 3 wait for 400 us, and run for 100 + 700 + 200. */
function busyDay(options: WorldOptions): LaneWorld {
  const world = new LaneWorld({ rowsMax: 4, ...options });
  for (const [value, priority] of [[1, 1], [2, 3], [3, 1]] as const) {
    world.submit(value, 1, Infinity, { priority });
  }
  world.clock.advance(400);
  world.turn();
  world.clock.advance(1000);
  for (const run of [...world.runner.running]) {
    run.inputNs = 100_000;
    run.outputNs = 200_000;
    world.runner.end(run);
  }
  return world;
}

suite('What /metrics says of a lane', () => {
  test('durations by phase and by priority, as histograms that add up', () => {
    const page = pageOf(busyDay({ batching: { priority_levels: 3, default_priority_level: 2 } }));
    const level = (phase: string, priority: number, what: string): string =>
      `nv_inference_${phase}_duration_histogram_us_${what}{model="m",version="1",priority="${priority}"`;

    for (const [priority, count] of [[1, 2], [2, 0], [3, 1]] as const) {
      assert.ok(page.includes(`${level('queue', priority, 'count')}} ${count}\n`));
      assert.ok(page.includes(`${level('queue', priority, 'sum')}} ${count * 400}\n`));
      assert.ok(page.includes(`${level('compute_input', priority, 'sum')}} ${count * 100}\n`));
      assert.ok(page.includes(`${level('compute_infer', priority, 'sum')}} ${count * 700}\n`));
      assert.ok(page.includes(`${level('compute_output', priority, 'sum')}} ${count * 200}\n`));
      assert.ok(page.includes(`${level('request', priority, 'sum')}} ${count * 1400}\n`));
      assert.ok(page.includes(`${level('request', priority, 'bucket')},le="1000"} 0\n`));
      assert.ok(page.includes(`${level('request', priority, 'bucket')},le="2000"} ${count}\n`));
    }
  });

  test('a model without levels has no label for them', () => {
    const page = pageOf(busyDay({}));

    assert.ok(page.includes('nv_inference_request_duration_histogram_us_count{model="m",version="1"} 3\n'));
  });

  test('how long the model took to load', () => {
    assert.ok(pageOf(busyDay({})).includes('nv_model_load_duration_secs{model="m",version="1"} 0.25\n'));
  });

  test('why batches left, and what filled them up', () => {
    const page = pageOf(busyDay({ batching: { allowed_batch_size: [4] } }));

    const of = (reason: string): string =>
      `vitrine_batches_total{model="m",version="1",reason="${reason}"}`;
    for (const reason of ['full', 'preferred', 'bucket', 'deadline', 'delay']) {
      assert.ok(page.includes(`${of(reason)} 0\n`), reason);
    }
    assert.ok(page.includes(`${of('idle')} 1\n`));
    assert.ok(page.includes('vitrine_padded_rows_total{model="m",version="1"} 1\n'));
  });
});
