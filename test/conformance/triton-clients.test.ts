/** The real models behind the real routes, driven by what tritonclient and perf_analyzer send. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { runDense, seededMlp } from '../../models/recipes/dense.ts';
import { systemClock } from '../../server/core/clock.ts';
import { Log } from '../../server/core/log.ts';
import { RequestTracing } from '../../server/observe/request-tracing.ts';
import { Tracer } from '../../server/observe/tracer.ts';
import { laneStats } from '../../server/observe-lanes.ts';
import { addKserveRoutes } from '../../server/routes/kserve.ts';
import { Router } from '../../server/routes/router.ts';
import type { ModelHost } from '../../server/serve.ts';
import { loadTransport } from '../../server/transport/load.ts';
import type { Transport } from '../../server/transport/transport.ts';
import { openHost } from '../support/host.ts';
import { exchange } from '../support/kserve-server.ts';
import { temporaryFolder, writeDense } from '../support/model-repository.ts';
import {
  clientGet, clientPost, cppInfer, pythonInfer, readOutputs,
} from '../support/triton-clients.ts';

const MODEL = seededMlp(3, [6, 16, 2], 'tanh');
const INFER = '/v2/models/m/infer';
const rows = Float32Array.from({ length: 12 }, (_, i) => i / 12);
const bytes = Buffer.from(rows.buffer);
const input = { name: MODEL.input, shape: [2, 6], datatype: 'FP32', data: bytes };
const expected = [0, 6].flatMap((at) => [...runDense(MODEL, rows.slice(at, at + 6))]);

interface Served { host: ModelHost; transport: Transport; port: number }

async function serve(): Promise<Served> {
  const repository = temporaryFolder();
  writeDense(repository, 'm', MODEL, 'plain', { parameters: { placement: 'inline' } });
  const host = await openHost(repository);
  const log = new Log('error', () => {});
  const router = new Router(log);
  addKserveRoutes(router, {
    lanes: host, inference: host, directory: host, details: host, repository: host, control: true,
    stats: () => laneStats(host), tracer: new Tracer('', log), log, clock: systemClock,
    tracing: new RequestTracing(systemClock),
    version: '1.2.3', bodyBytesMax: 100_000,
  });
  const handler = {
    http: router.handle.bind(router), open: () => {}, message: () => {}, close: () => {},
  };
  const { transport } = loadTransport('auto', handler, {
    bodyBytesMax: 100_000, messageBytesMax: 1000, bufferedBytesMax: 1_000_000, idleSecondsMax: 60,
  });
  return { host, transport, port: await transport.listen('127.0.0.1', 0) };
}

suite("Triton's clients", () => {
  let served: Served;
  before(async () => (served = await serve()));
  after(async () => {
    await served.transport.close();
    await served.host.close();
  });
  const call = (request: Buffer) => exchange(served.port, request);
  const json = async (request: Buffer): Promise<Record<string, never>> => {
    const { status, body } = await call(request);
    assert.equal(status, 200, body.toString());
    return JSON.parse(body.toString()) as Record<string, never>;
  };
  const floats = (data: unknown): number[] =>
    [...new Float32Array(new Uint8Array(data as Buffer).buffer)];
  const near = (got: readonly number[]): void => {
    assert.equal(got.length, expected.length);
    got.forEach((value, at) => assert.ok(Math.abs(value - expected[at]!) < 1e-5, `${value}`));
  };

  test('tritonclient: health, metadata, configuration, index, statistics', async () => {
    for (const path of ['/v2/health/live', '/v2/health/ready', '/v2/models/m/ready']) {
      assert.equal((await call(clientGet(path))).status, 200);
    }
    assert.ok((await json(clientGet('/v2'))).extensions);
    assert.deepEqual((await json(clientGet('/v2/models/m/versions/1'))).versions, ['1']);
    assert.equal((await json(clientGet('/v2/models/m/config'))).max_batch_size, 16);
    assert.deepEqual(await json(clientPost('/v2/repository/index', '')),
      [{ name: 'm', version: '1', state: 'READY' }]);
    assert.equal((await json(clientGet('/v2/models/stats')) as unknown as {
      model_stats: object[] }).model_stats.length, 1);
  });

  test('tritonclient: infer with no output named gives all in binary', async () => {
    const answer = await call(pythonInfer(INFER, [input], { id: '42' }));

    const output = readOutputs(answer).get(MODEL.output)!;
    assert.deepEqual([output.datatype, output.shape], ['FP32', [2, 2]]);
    near(floats(output.data));
  });

  test('tritonclient: infer as JSON both ways', async () => {
    const listed = { ...input, data: [...rows] };
    const outputs = [{ name: MODEL.output, binary: false }];

    const parameters = { priority: 1, timeout: 5_000_000 };
    const answer = await call(pythonInfer(INFER, [listed], { outputs, parameters }));

    assert.equal(answer.headers['inference-header-content-length'], undefined);
    near(readOutputs(answer).get(MODEL.output)!.data as number[]);
  });

  test('tritonclient: classes, in binary', async () => {
    const outputs = [{ name: MODEL.output, classes: 1 }];

    const output = readOutputs(await call(pythonInfer(INFER, [input], { outputs })))
      .get(MODEL.output)!;

    assert.deepEqual([output.datatype, output.shape], ['BYTES', [2, 1]]);
  });

  test('tritonclient: what is wrong is told in `error`', async () => {
    const wrong = { ...input, shape: [1, 6] };
    const { status, body } = await call(pythonInfer(INFER, [wrong]));
    assert.deepEqual([status, JSON.parse(body.toString())], [400, {
      error: `input byte size mismatch for input '${MODEL.input}' for model 'm'. Expected 24, got 48`,
    }]);
  });

  test('tritonclient: unload and load, then the model answers again', async () => {
    const unload = { parameters: { unload_dependents: false } };
    assert.equal((await call(clientPost('/v2/repository/models/m/unload', unload))).status, 200);
    assert.equal((await call(pythonInfer(INFER, [input]))).status, 404);
    assert.equal((await call(clientPost('/v2/repository/models/m/load', '{}'))).status, 200);
    near(floats(readOutputs(await call(pythonInfer(INFER, [input]))).get(MODEL.output)!.data));
  });

  test('perf_analyzer: statistics before and after a window tell what it sent', async () => {
    const { extensions } = await json(clientGet('/v2')) as unknown as { extensions: string[] };
    assert.ok(extensions.includes('statistics'));
    const metadata = await json(clientGet('/v2/models/m')) as unknown as {
      inputs: { shape: number[] }[] };
    assert.deepEqual(metadata.inputs[0]!.shape, [-1, 6]);
    const config = await json(clientGet('/v2/models/m/config')) as unknown as {
      model_transaction_policy: { decoupled: boolean };
      input: { is_shape_tensor: boolean; optional: boolean }[];
      response_cache: { enable: boolean };
    };
    assert.equal(config.model_transaction_policy.decoupled, false);
    assert.deepEqual([config.input[0]!.is_shape_tensor, config.input[0]!.optional], [false, false]);
    assert.equal(config.response_cache.enable, false);
    assert.ok('dynamic_batching' in config);
    const statsOf = async () => {
      const { model_stats } = await json(clientGet('/v2/models/m/stats')) as unknown as {
        model_stats: {
          inference_count: number; inference_stats: Record<string, { count: number; ns: number }>;
        }[];
      };
      return model_stats[0]!;
    };

    const start = await statsOf();
    for (let i = 0; i < 20; i += 1) {
      const outputs = [{ name: MODEL.output }];
      near(floats(readOutputs(await call(cppInfer(INFER, [input], { outputs })))
        .get(MODEL.output)!.data));
    }
    near(floats(readOutputs(await call(cppInfer(INFER, [input]))).get(MODEL.output)!.data));
    const end = await statsOf();

    assert.equal(end.inference_count - start.inference_count, 42);
    const grown = (phase: string) =>
      end.inference_stats[phase]!.count - start.inference_stats[phase]!.count;
    for (const phase of ['success', 'queue', 'compute_input', 'compute_infer', 'compute_output']) {
      assert.equal(grown(phase), 21, phase);
      assert.ok(end.inference_stats[phase]!.ns > 0, phase);
    }
  });
});
