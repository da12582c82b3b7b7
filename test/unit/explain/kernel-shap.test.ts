import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import type { Evaluate } from '../../../server/explain/evaluate.ts';
import { coalitions, kernelShap } from '../../../server/explain/kernel-shap.ts';
import { shapleyValues } from '../../../server/explain/shapley.ts';

const EVERY = { coalitionsMax: 1 << 20, seed: 1 };

suite('KernelSHAP', () => {
  for (const features of [1, 2, 3, 6, 9]) {
    test(`with all coalitions of ${features} features is the Shapley value by its definition`, async () => {
      const { row, background } = rowsOf(features);

      const got = await kernelShap(evaluateBy(wavy), row, background, EVERY);

      assert.ok(got.exact);
      const want = exact(wavy, row, background);
      want.forEach((phi, i) => assert.ok(Math.abs(phi - (got.contributions[i] as number)) < 1e-9));
      sums(got);
    });
  }

  test('adds up to the prediction however few coalitions are asked about', async () => {
    const { row, background } = rowsOf(20);
    for (const coalitionsMax of [1, 40, 100, 1000]) {
      const got = await kernelShap(evaluateBy(wavy), row, background, { coalitionsMax, seed: 3 });

      assert.ok(!got.exact);
      sums(got);
    }
  });

  test('errs less as 1 / sqrt(n) when coalitions are drawn', async () => {
    const { row, background } = rowsOf(12);
    const want = exact(knotty, row, background);
    const error = async (coalitionsMax: number): Promise<number> => {
      let square = 0;
      for (let seed = 1; seed <= 60; seed += 1) {
        const options = { coalitionsMax, seed };
        const { contributions } = await kernelShap(evaluateBy(knotty), row, background, options);
        want.forEach((phi, i) => (square += (phi - (contributions[i] as number)) ** 2));
      }
      return Math.sqrt(square / 60);
    };

    // Sizes 1 and 11 are whole with 24 coalitions; what is drawn beside them is compared.
    const [few, many] = [await error(24 + 60), await error(24 + 540)];
    const slope = Math.log(few / many) / Math.log(540 / 60);
    assert.ok(slope > 0.35 && slope < 0.75, `error falls with n to the power -${slope.toFixed(2)}`);
  });

  test('is exact with few coalitions where no three features matter for each other: they are paired', async () => {
    const { row, background } = rowsOf(12);
    const options = { coalitionsMax: 60, seed: 1 };

    const { contributions, exact: all } = await kernelShap(evaluateBy(wavy), row, background, options);

    assert.ok(!all);
    exact(wavy, row, background).forEach((phi, i) =>
      assert.ok(Math.abs(phi - (contributions[i] as number)) < 1e-9));
  });

  test('gives nothing to a feature that is as in the background, and asks about no coalition of it', async () => {
    const row = Float32Array.of(1, 5, 2, NaN);
    const background = Float32Array.of(0, 5, 1, NaN, 3, 5, 0, NaN);
    let asked = 0;
    const evaluate: Evaluate = async (rows, count) => {
      asked += count;
      return Float64Array.from({ length: count }, (_, at) =>
        (rows[at * 4] as number) + 2 * (rows[at * 4 + 2] as number));
    };

    const got = await kernelShap(evaluate, row, background, EVERY);

    assert.deepEqual([...got.contributions].map((phi) => Math.round(phi * 1e9) / 1e9), [-0.5, 0, 3, 0]);
    assert.equal(asked, 1 + 2 + 2 * 2);
  });

  test('coalitions come with their complements, and never more than asked for but for a pair a player', () => {
    const { masks, exact: all } = coalitions(10, { coalitionsMax: 200, seed: 1 });

    assert.ok(!all && masks.length <= 200);
    for (let at = 0; at < masks.length; at += 2) {
      const [one, other] = [masks[at] as Uint8Array, masks[at + 1] as Uint8Array];
      assert.deepEqual([...one].map((is) => 1 - is), [...other]);
    }
  });
});

/** With products of three features, too. */
function knotty(row: Float32Array): number {
  let sum = wavy(row);
  for (let i = 0; i + 2 < row.length; i += 1) {
    sum += Math.tanh((row[i] as number) * (row[i + 1] as number) * (row[i + 2] as number));
  }
  return sum;
}

/** Neither additive nor symmetric; no more than two features matter for each other. */
function wavy(row: Float32Array): number {
  let sum = 0;
  row.forEach((value, i) => {
    const next = row[(i + 1) % row.length] as number;
    sum += Math.sin(value * (i + 1)) + value * next * 0.5 + (value > 0.2 && next > 0 ? 0.7 : 0);
  });
  return sum;
}

function evaluateBy(model: (row: Float32Array) => number): Evaluate {
  return async (rows, count) => {
    const width = rows.length / count;
    return Float64Array.from({ length: count }, (_, at) =>
      model(rows.subarray(at * width, (at + 1) * width)));
  };
}

function rowsOf(features: number): { row: Float32Array; background: Float32Array } {
  const prng = new Prng(features);
  return { row: prng.row(features), background: prng.row(features * 4) };
}

function exact(
  model: (row: Float32Array) => number, row: Float32Array, background: Float32Array,
): Float64Array {
  const width = row.length;
  const others = background.length / width;
  return shapleyValues(width, Float64Array.from({ length: 2 ** width }, (_, known) => {
    let sum = 0;
    for (let other = 0; other < others; other += 1) {
      sum += model(row.map((value, i) =>
        (known & (1 << i) ? value : background[other * width + i] as number)));
    }
    return sum / others;
  }));
}

function sums({ base, value, contributions }: {
  base: number; value: number; contributions: Float64Array;
}): void {
  const sum = contributions.reduce((total, phi) => total + phi, base);
  assert.ok(Math.abs(sum - value) < 1e-9);
}
