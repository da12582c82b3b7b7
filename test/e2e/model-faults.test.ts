/** Models that are broken, changed while they change, and a server that ends under load. */
import assert from 'node:assert/strict';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, suite, test } from 'node:test';
import { OnnxGraphBuilder } from '../../models/recipes/onnx/graph.ts';
import { decodeOnnx, encodeOnnx } from '../../models/recipes/onnx/proto.ts';
import { Log } from '../../server/core/log.ts';
import { float32View } from '../../server/core/tensor.ts';
import { RolloutMemory } from '../../server/flow/rollout-memory.ts';
import { openHost } from '../support/host.ts';
import { temporaryFolder, writeFiles } from '../support/model-repository.ts';
import { startServer, type ServerProcess } from '../support/server-process.ts';
import { askTimes, timesInput, writeTimes } from '../support/times-model.ts';

let running: ServerProcess | null = null;
afterEach(() => running?.kill());

/** y = factor * x. */
function timesOnnx(factor: number): Uint8Array {
  const graph = new OnnxGraphBuilder('times');
  const x = graph.input('x', 'FP32', ['rows', 1]);
  const by = graph.constant('by', [1], Float32Array.of(factor));
  graph.output(graph.node('Mul', [x, by], {}, 'y'), 'FP32', ['rows', 1]);
  return graph.encode();
}

function opset(version: number): Uint8Array {
  const model = decodeOnnx(timesOnnx(2));
  return encodeOnnx({ ...model, opsetImport: [{ domain: '', version }] });
}

suite('A model file that is no good', () => {
  for (const placement of ['pool', 'inline']) {
    test(`is refused with what is wrong; the one before serves on (${placement})`, async () => {
      const repository = temporaryFolder();
      const onnx = { platform: 'onnxruntime_onnx', parameters: { placement } };
      writeTimes(repository, 'm', {}, onnx);
      const write = (bytes: Uint8Array): void => writeFiles(repository, { 'm/1/model.onnx': bytes });
      write(timesOnnx(2));
      const host = await openHost(repository);
      const ask = async (): Promise<number | undefined> => {
        const { outputs } = await host.infer({ model: 'm', inputs: timesInput(3) });
        return float32View(outputs[0]!)[0];
      };

      const whole = timesOnnx(2);
      for (const [bytes, why] of [
        [whole.slice(0, whole.length / 2), /model\.onnx/],
        [Buffer.from('this is no model'), /model\.onnx/],
        [new Uint8Array(0), /model\.onnx/],
        [opset(9999), /model\.onnx.*opset/i],
        [timesOnnx(NaN), /answers NaN.*its weights hold NaN/],
      ] as const) {
        write(bytes);
        await assert.rejects(host.load('m'), { code: 'backend', message: why });
        assert.equal(await ask(), 6);
        assert.equal(host.ready(), true);
      }
      write(timesOnnx(5));
      await host.load('m');
      assert.equal(await ask(), 15);
      await host.close();
    });
  }
});

suite('Models that change while they change', () => {
  test('loads and unloads in any mixture end in what was asked for last', async () => {
    const repository = temporaryFolder();
    writeTimes(repository, 'm', { 1: 2 }, { parameters: { placement: 'pool' } });
    const host = await openHost(repository);
    let over = false;
    const callers = Promise.all(Array.from({ length: 4 }, async () => {
      while (!over) {
        const asked = host.infer({ model: 'm', inputs: timesInput(1) });
        await asked.catch(({ code }: { code: string }) => assert.equal(code, 'unknown_model'));
        await new Promise(setImmediate);
      }
    }));

    for (let round = 0; round < 5; round += 1) {
      const changes = [host.unload('m'), host.load('m'), host.load('m'), host.unload('m'), host.load('m')];
      await Promise.all(changes);
      assert.equal(host.ready('m'), true);
    }
    await Promise.allSettled([host.load('m'), host.unload('m')]);
    assert.equal(host.ready('m'), false);
    over = true;
    await callers;

    assert.equal(host.report().length, 0);
    assert.deepEqual((await host.index()).map(({ state }) => state), ['UNAVAILABLE']);
    await host.close();
  });
});

suite('A disk that is full', () => {
  test('when a rollback is to be kept: it is logged, holds here, and what was kept is whole', () => {
    const folder = temporaryFolder();
    const file = join(folder, 'rollouts.json');
    const lines: string[] = [];
    const log = new Log('error', (line) => lines.push(line));
    const config = {
      stable: 1, candidate: 2, mode: 'canary', share: 0.1, key: '', alpha: 0.05, slower_max: 1.2,
      error_margin: 0, disagreement_max: 0.01, tolerance: 0.001, requests_min: 100,
    } as const;
    const memory = new RolloutMemory(file, log);
    memory.keep('a', config, { why: 'errors', at: 'then' });
    const before = readFileSync(file, 'utf8');
    symlinkSync('/dev/full', `${file}.part-${process.pid}`);

    memory.keep('b', config, { why: 'latency', at: 'now' });

    assert.match(lines.join(), /ENOSPC/);
    assert.equal(memory.recall('b', config)?.why, 'latency');
    assert.equal(readFileSync(file, 'utf8'), before);
    assert.equal(new RolloutMemory(file, log).recall('a', config)?.why, 'errors');
  });
});

suite('SIGTERM under load', () => {
  test('every request that was taken is answered, and the process ends well', async () => {
    const repository = temporaryFolder();
    writeTimes(repository, 'pooled', { 1: 2 }, { parameters: { placement: 'pool' } });
    writeTimes(repository, 'inline', { 1: 3 });
    running = await startServer(temporaryFolder(), undefined, 'auto', { VITRINE_MODELS: repository });
    const { url } = running;
    let answered = 0;
    let ending = false;
    const ends: string[] = [];
    const callers = Promise.all(Array.from({ length: 16 }, async (_, i) => {
      const [model, factor] = i % 2 === 0 ? ['pooled', 2] as const : ['inline', 3] as const;
      for (;;) {
        try {
          const y = await askTimes(url, model, i);
          if (y === factor * i) answered += 1;
          else ends.push(String(y));
          if (typeof y === 'string') return;
        } catch (gone) {
          ends.push((gone as { cause?: { code?: string } }).cause?.code ?? String(gone));
          return;
        }
      }
    }));
    while (answered < 200) await new Promise(setImmediate);

    ending = true;
    const code = await running.stop();
    await callers;

    assert.equal(code, 0);
    assert.ok(ending && answered >= 200);
    // Told that it ends, or the connection was closed between two requests; none got a wrong answer.
    for (const end of ends) assert.match(end, /^503 |ECONNREFUSED|ECONNRESET|UND_ERR_SOCKET/);
  });
});
