import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { runDense, seededMlp, type Activation } from '../../models/recipes/dense.ts';
import type { ModelConfig } from '../../server/catalog/model-config.ts';
import { Prng } from '../../server/core/prng.ts';
import { OnnxRuntime } from '../../server/runtime/onnx.ts';
import { PlainRuntime } from '../../server/runtime/plain.ts';
import type { Runtime } from '../../server/runtime/runtime.ts';
import { TfjsRuntime } from '../../server/runtime/tfjs.ts';
import {
  denseConfig, denseFiles, temporaryFolder, writeFiles,
} from '../support/model-repository.ts';

const ROWS_MAX = 16;

/** What every runtime does alike. `parameters` are the config's. */
function runtimeContract(name: string, runtime: Runtime, parameters: object = {}): void {
  suite(`Runtime: ${name}`, () => {
    const write = (widths: readonly number[], last: Activation, more: object = {}) => {
      const model = seededMlp(17, widths, last);
      const folder = temporaryFolder();
      writeFiles(folder, denseFiles(model, runtime.platform));
      const config = denseConfig(model, runtime.platform, { parameters, ...more });
      return { model, folder, config };
    };

    for (const [widths, last] of [
      [[4, 3], 'linear'], [[7, 1], 'sigmoid'], [[5, 9, 4], 'softmax'], [[3, 8, 8, 2], 'tanh'],
    ] as const) {
      test(`answers agree with plain loops to 1e-5: ${widths.join('-')} ${last}`, async () => {
        const { model, folder, config } = write(widths, last);
        const running = await runtime.open(folder, config);
        const inputs = new Float32Array(ROWS_MAX * widths[0]);
        const units = widths.at(-1) as number;
        const outputs = new Float32Array(ROWS_MAX * units);
        const prng = new Prng(5);

        // Up, down and up again: tensors are reused, and a batch may not see the one before.
        for (const rows of [1, 2, 3, ROWS_MAX, 5, 1, ROWS_MAX]) {
          inputs.set(prng.row(inputs.length));
          outputs.fill(NaN);
          await running.run([inputs], rows, [outputs]);

          for (let row = 0; row < rows; row += 1) {
            const want = runDense(model, inputs.slice(row * widths[0], (row + 1) * widths[0]));
            want.forEach((value, unit) => {
              const error = Math.abs((outputs[row * units + unit] as number) - value);
              const bound = 1e-5 * Math.max(1, Math.abs(value));
              assert.ok(error <= bound, `row ${row}: off by ${error}`);
            });
          }
          const beyond = outputs.subarray(rows * units);
          assert.ok(beyond.every(Number.isNaN), 'rows beyond are left alone');
        }
        await running.close();
      });
    }

    test('two models on one thread do not mix', async () => {
      const [a, b] = [write([4, 8, 2], 'linear'), write([4, 2], 'tanh')];
      const first = await runtime.open(a.folder, a.config);
      const second = await runtime.open(b.folder, b.config);
      const row = new Prng(8).row(4);
      const outputs = [new Float32Array(2), new Float32Array(2)] as const;

      await first.run([row], 1, [outputs[0]]);
      await second.run([row], 1, [outputs[1]]);
      await first.close();
      await second.run([row], 1, [outputs[1]]); // closing one leaves the other

      near(outputs[0], runDense(a.model, row));
      near(outputs[1], runDense(b.model, row));
      await second.close();
    });

    test('a missing file is a backend error that names it', async () => {
      const { config } = write([4, 2], 'linear');
      const folder = temporaryFolder();

      const named = new RegExp(join(folder, 'model').replaceAll('.', '\\.'));
      await fails(runtime, folder, config, named);
    });

    test('a file that is no model is a backend error that names it', async () => {
      const { folder, config } = write([4, 2], 'linear');
      const names = Object.keys(denseFiles(seededMlp(1, [4, 2]), runtime.platform));
      writeFiles(folder, Object.fromEntries(names.map((file) => [file, 'no model at all'])));

      await fails(runtime, folder, config, /model/);
    });

    test('sizes that the config has wrong are a backend error', async () => {
      const { folder, config } = write([4, 2], 'linear');
      const wrong = [
        { ...config, output: config.output.map((tensor) => ({ ...tensor, dims: [3] })) },
        { ...config, input: config.input.map((tensor) => ({ ...tensor, dims: [5] })) },
      ];

      for (const each of wrong) await fails(runtime, folder, each, /./);
    });
  });
}

async function fails(
  runtime: Runtime, folder: string, config: ModelConfig, message: RegExp,
): Promise<void> {
  await assert.rejects(runtime.open(folder, config), (error: Error & { code?: string }) => {
    assert.equal(error.code, 'backend', error.stack);
    assert.match(error.message, message);
    return true;
  });
}

function near(actual: Float32Array, want: Float32Array): void {
  want.forEach((value, at) => assert.ok(Math.abs((actual[at] as number) - value) < 1e-5));
}

runtimeContract('plain', new PlainRuntime());
runtimeContract('ONNX Runtime, shared', new OnnxRuntime('shared'));
runtimeContract('ONNX Runtime, direct call', new OnnxRuntime('direct'));
runtimeContract('ONNX Runtime, promised call', new OnnxRuntime('promised'));
runtimeContract('tfjs on wasm', new TfjsRuntime(), { backend: 'wasm' });
runtimeContract('tfjs on cpu', new TfjsRuntime(), { backend: 'cpu' });
