import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite, test } from 'node:test';
import {
  httpBase, parseMetrics, toldByMetrics, toldByStats, watchServer,
} from '../../../../bench/lab/server-side.ts';

const METRICS = [
  '# HELP process_cpu_seconds_total CPU', 'process_cpu_seconds_total 12.5',
  'process_resident_memory_bytes 1.5e8',
  'vitrine_event_loop_delay_last_second_seconds{quantile="0.99"} 0.002',
  'vitrine_event_loop_delay_last_second_seconds{quantile="0.99",front_end="2"} 0.004',
  'nv_inference_request_success{model="a",version="1"} 10',
  'nv_inference_request_success{model="b\\"{",version="1"} 5',
  'nv_inference_queue_duration_us{model="a",version="1"} 30',
  'nv_gpu_utilization{gpu_uuid="x"} 0.5', 'nv_gpu_memory_used_bytes{gpu_uuid="x"} 1000', 'nonsense', 'bad NaN',
].join('\n');

const STATS = JSON.stringify({
  model_stats: [1, 2].map((version) => ({
    name: 'a', version: String(version), inference_count: 8, execution_count: 4,
    inference_stats: {
      success: { count: 6, ns: 600 }, queue: { count: 6, ns: 60 }, compute_infer: { count: 6, ns: 300 },
    },
    batch_stats: [{ batch_size: 2, compute_infer: { count: 4, ns: 300 } }],
  })),
});

suite('What a server tells of itself', () => {
  test('is read from Prometheus text, escaped labels too, of the model that was asked for', () => {
    assert.equal(parseMetrics(METRICS).find(({ value }) => value === 5)?.labels['model'], 'b\\"{');
    assert.deepEqual(toldByMetrics(METRICS, 'a'), {
      cpuSeconds: 12.5, residentBytes: 1.5e8, loopDelayP99Ms: 4, gpuUtilisation: 0.5, gpuMemoryBytes: 1000,
      requests: 10, queueNs: 30_000,
    });
  });

  test('is read from statistics, all versions together', () => {
    const told = toldByStats(STATS, 'a');

    assert.equal(told.requests, 12);
    assert.equal(told.requestNs, 1200);
    assert.equal(told.computeInferNs, 600);
    assert.equal(told.computeInputNs, 0);
    assert.deepEqual(told.batchSizes, { 2: 8 });
    assert.deepEqual(toldByStats(STATS, 'other'), {});
    assert.deepEqual(toldByStats('<html>', 'a'), {});
  });

  test('is sampled, times counting from the run’s beginning; of a silent server there are no samples', async () => {
    const server = createServer((request, reply) => {
      const known = request.url === '/v2/models/a/stats';
      reply.writeHead(known ? 200 : 404).end(known ? STATS : 'no');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`;

    const watch = await watchServer({ url, model: 'a', everyMs: 60_000 });
    const samples = await watch.stop(Date.now() - 10_000);
    const silent = await watchServer({ url, model: 'other' });
    server.close();
    server.closeAllConnections();

    assert.equal(samples.length, 2);
    assert.ok(samples.every(({ at, requests }) => requests === 12 && at > 5), JSON.stringify(samples));
    assert.deepEqual(await silent.stop(Date.now()), []);
    assert.equal(httpBase('wss://shop.example:1/ws'), 'https://shop.example:1');
  });
});
