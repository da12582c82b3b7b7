import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { runDense, seededMlp, type Activation } from '../../../models/recipes/dense.ts';
import { mlpOnnx } from '../../../models/recipes/onnx/mlp.ts';
import { decodeOnnx } from '../../../models/recipes/onnx/proto.ts';
import { mlpTfjs } from '../../../models/recipes/tfjs/layers-model.ts';
import { Prng } from '../../../server/core/prng.ts';
import { runOnnx, runTfjs } from '../../support/run-model-file.ts';

const ROWS = 5;

suite('Dense models', () => {
  const shapes: readonly (readonly [readonly number[], Activation])[] = [
    [[32, 256, 128, 1], 'linear'],
    [[7, 1], 'sigmoid'],
    [[5, 9, 4], 'softmax'],
    [[3, 8, 8, 2], 'tanh'],
  ];
  for (const [widths, last] of shapes) {
    test(`ONNX, tfjs and plain answers agree to 1e-5: ${widths.join('-')} ${last}`, async () => {
      const model = seededMlp(11, widths, last);
      const inputs = widths[0] as number;
      const data = new Prng(3).row(ROWS * inputs);

      const onnx = await runOnnx(mlpOnnx(model), { input: [data, [ROWS, inputs]] }, 'output');
      const tfjs = await runTfjs(mlpTfjs(model), data, [ROWS, inputs]);

      for (let row = 0; row < ROWS; row += 1) {
        const want = runDense(model, data.subarray(row * inputs, (row + 1) * inputs));
        want.forEach((value, at) => {
          const place = row * want.length + at;
          for (const [file, out] of [['onnx', onnx], ['tfjs', tfjs]] as const) {
            const error = Math.abs((out[place] as number) - value) / Math.max(1, Math.abs(value));
            assert.ok(error < 1e-5, `${file} row ${row} unit ${at}: off by ${error}`);
          }
        });
      }
    });
  }

  test('the same seed writes the same bytes, another seed others', () => {
    const bytes = (seed: number): Uint8Array => mlpOnnx(seededMlp(seed, [4, 8, 1]));

    assert.deepEqual(bytes(1), bytes(1));
    assert.notDeepEqual(bytes(1), bytes(2));
  });

  test('a written file says what it takes and gives', () => {
    const model = decodeOnnx(mlpOnnx(seededMlp(1, [4, 8, 1], 'sigmoid')));

    assert.equal(model.irVersion, 8);
    assert.deepEqual(model.opsetImport, [{ domain: '', version: 17 }]);
    const operations = model.graph.node.map((node) => node.opType);
    assert.deepEqual(operations, ['Gemm', 'Relu', 'Gemm', 'Sigmoid']);
    assert.deepEqual(model.graph.input.map((value) => value.name), ['input']);
    assert.deepEqual(model.graph.output.map((value) => value.name), ['output']);
  });
});
