import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { gradientsOnnx } from '../../../models/explain/gradients-onnx.ts';
import { type Activation, type DenseModel, runDense, seededMlp } from '../../../models/recipes/dense.ts';
import { Prng } from '../../../server/core/prng.ts';
import { gaussLegendre } from '../../support/gauss-legendre.ts';
import { runOnnx } from '../../support/run-model-file.ts';

const ROWS = 4;

suite('Integrated gradients as an ONNX model', () => {
  const shapes: readonly (readonly [readonly number[], Activation])[] = [
    [[5, 1], 'sigmoid'], [[6, 24, 12, 1], 'sigmoid'], [[4, 8, 1], 'linear'], [[3, 6, 1], 'tanh'],
    [[2, 1], 'linear'],
  ];
  for (const [widths, last] of shapes) {
    for (const paths of [1, 5]) {
      test(`are complete to 1e-5: ${widths.join('-')} ${last} from ${paths} baselines`, async () => {
        const model = seededMlp(5, widths, last);
        const n = widths[0] as number;
        const rows = new Prng(1).row(ROWS * n);
        const baselines = new Prng(2).row(paths * n);

        const got = await explain(model, baselines, rows);

        for (let row = 0; row < ROWS; row += 1) {
          const parts = got.subarray(row * (n + 1), (row + 1) * (n + 1));
          const value = runDense(model, rows.slice(row * n, (row + 1) * n))[0] as number;
          const sum = parts.reduce((total, part) => total + part, 0);
          assert.ok(Math.abs(sum - value) < 1e-5, `row ${row}: ${sum} is not ${value}`);
          let base = 0;
          for (let i = 0; i < paths; i += 1) {
            base += (runDense(model, baselines.slice(i * n, (i + 1) * n))[0] as number) / paths;
          }
          assert.ok(Math.abs((parts[n] as number) - base) < 1e-5);
        }
      });
    }
  }

  for (const activation of ['tanh', 'sigmoid'] as const) {
    test(`are the integral of the slope to 1e-3, where ${activation} has one everywhere`, async () => {
      const seeded = seededMlp(9, [4, 10, 6, 1], 'sigmoid');
      const layers = seeded.layers.map((layer, at) => (at < 2 ? { ...layer, activation } : layer));
      const model = { ...seeded, layers };
      const rows = new Prng(1).row(4);
      const baseline = new Prng(2).row(4);

      const got = await explain(model, baseline, rows);

      integrals(model, baseline, rows, 64).forEach((integral, i) =>
        assert.ok(Math.abs(got[i]! - integral) < 1e-3, `${got[i]} is not ${integral}`));
    });
  }

  test('are near the integral where relu has corners, which takes thousands of nodes to see', async () => {
    const model = seededMlp(9, [4, 10, 6, 1], 'sigmoid');
    const rows = new Prng(1).row(4);
    const baseline = new Prng(2).row(4);

    const got = await explain(model, baseline, rows);

    integrals(model, baseline, rows, 4000).forEach((integral, i) =>
      assert.ok(Math.abs(got[i]! - integral) < 5e-3, `${got[i]} is not ${integral}`));
  });

  test('of a straight line are weight times distance, to the last digits', async () => {
    const line = seededMlp(3, [6, 1]);
    const rows = new Prng(1).row(6);

    const got = await explain(line, new Float32Array(6), rows);

    rows.forEach((x, i) =>
      assert.ok(Math.abs(got[i]! - x * (line.layers[0]!.weight[i] as number)) < 1e-5));
  });
});

function explain(model: DenseModel, baselines: Float32Array, rows: Float32Array) {
  const n = model.layers[0]!.inputs;
  const inputs = { [model.input]: [rows, [rows.length / n, n]] as const };
  return runOnnx(gradientsOnnx(model, baselines), inputs as never, 'contribution');
}

/** Feature by feature, by Gauss-Legendre. */
function integrals(
  model: DenseModel, baseline: Float32Array, row: Float32Array, count: number,
): number[] {
  const { nodes, weights } = gaussLegendre(count);
  return Array.from(row, (x, i) => nodes.reduce((sum, node, step) => {
    const at = row.map((value, j) => baseline[j]! + node * (value - baseline[j]!));
    return sum + weights[step]! * slope(model, at, i) * (x - baseline[i]!);
  }, 0));
}

/** By central differences. */
function slope(model: DenseModel, at: Float32Array, feature: number): number {
  const h = 1e-3;
  const moved = (by: number): number =>
    runDense(model, at.map((x, i) => (i === feature ? x + by : x)))[0] as number;
  return (moved(h) - moved(-h)) / (2 * h);
}
