import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { counterfactual, type Lever } from '../../../server/explain/counterfactual.ts';
import type { Evaluate } from '../../../server/explain/evaluate.ts';
import { gaussLegendre } from '../../support/gauss-legendre.ts';
import { lime } from '../../../server/explain/lime.ts';

const BACKGROUND = new Prng(1).row(400 * 3);

suite('LIME', () => {
  test('finds the slopes of a model that is a straight line, and says that it fits', async () => {
    const line = by((x) => 2 + 3 * x[0]! - x[1]!);

    const got = await lime(line, Float32Array.of(0.5, 1, -1), BACKGROUND, { samples: 500, seed: 1 });

    near([...got.slopes], [3, -1, 0], 0.2); // the background's deviations are near 1
    assert.ok(got.fit > 0.999);
    const said = got.contributions.reduce((sum, part) => sum + part, got.intercept);
    assert.ok(Math.abs(said - got.value) < 0.05);
  });

  test('finds the slope near the row, which is not the slope elsewhere', async () => {
    const bent = by((x) => x[0]! ** 2);

    const options = { samples: 3000, seed: 1, width: 0.4 };
    const low = await lime(bent, Float32Array.of(-2, 0, 0), BACKGROUND, options);
    const high = await lime(bent, Float32Array.of(2, 0, 0), BACKGROUND, options);

    near([low.slopes[0]!, high.slopes[0]!], [-4, 4], 0.6);
  });

  test('says where it explains little', async () => {
    const noise = by((x) => Math.sin(40 * x[0]! + 30 * x[1]!));

    const got = await lime(noise, Float32Array.of(0, 0, 0), BACKGROUND, { samples: 800, seed: 1 });

    assert.ok(got.fit < 0.2);
  });
});

suite('Counterfactuals', () => {
  const score = (x: Float32Array): number => sigmoid(1.5 * x[0]! - 2 * x[1]! + 0.4 * x[2]!);
  const levers: Lever[] = [
    { feature: 0, min: -3, max: 3 }, { feature: 2, min: 0, max: 6, step: 1 },
  ];
  const goal = { target: 0.5, side: 'at_least' } as const;

  test('meet the goal when the model is asked again, within ranges and steps, for every row', async () => {
    const prng = new Prng(4);
    for (let round = 0; round < 60; round += 1) {
      const row = Float32Array.of(prng.normal(), prng.normal(), prng.below(5));

      const got = await counterfactual(by(score), row, levers, goal, { changesMax: 2 });

      const reach = score(Float32Array.of(3, row[1]!, 6)) >= 0.5;
      assert.equal(got.found, reach);
      if (!got.found) continue;
      assert.ok(score(got.row) >= 0.5 && got.value === score(got.row));
      assert.equal(got.row[1], row[1]); // is not actionable
      assert.ok(got.row[0]! >= -3 && got.row[0]! <= 3);
      assert.ok(Number.isInteger(got.row[2]!) && got.row[2]! <= 6);
    }
  });

  test('change one feature where one is enough, and no further than needed', async () => {
    const row = Float32Array.of(0, 0.5, 0); // 1.5 x0 has to reach 1

    const got = await counterfactual(by(score), row, levers, goal, { changesMax: 3 });

    assert.ok(got.found);
    assert.deepEqual(got.changes.map(({ feature }) => feature), [0]);
    assert.ok(Math.abs(got.row[0]! - 2 / 3) < 0.01, `${got.row[0]}`);
  });

  test('go one way only where a lever does', async () => {
    const up: Lever[] = [{ feature: 1, min: -3, max: 3, direction: 'up' }];

    const got = await counterfactual(
      by(score), Float32Array.of(0, 0.5, 0), up, goal, { changesMax: 3 });

    assert.ok(!got.found && got.why === 'out_of_reach');
  });

  test('say that there is none, and why', async () => {
    const row = Float32Array.of(0, 5, 0);
    const far = await counterfactual(by(score), row, levers, goal, { changesMax: 3 });
    const none = await counterfactual(by(score), row, [], goal, { changesMax: 3 });

    assert.ok(!far.found && far.why === 'out_of_reach' && far.value > score(row));
    assert.ok(!none.found && none.why === 'no_levers');
  });

  test('of a row that meets the goal change nothing', async () => {
    const got = await counterfactual(
      by(score), Float32Array.of(3, -1, 0), levers, goal, { changesMax: 3 });

    assert.ok(got.found && got.changes.length === 0);
  });

  test('use two features where one is not enough', async () => {
    const both = by((x) => (x[0]! > 0.5 && x[2]! > 2 ? 1 : 0.1 * Math.min(x[0]!, 0.5) + 0.1 * Math.min(2, x[2]!)));

    const got = await counterfactual(
      both, Float32Array.of(-1, 0, 0), levers, goal, { changesMax: 2 });

    assert.ok(got.found && got.changes.length === 2);
    assert.equal(got.row[2], 3); // the least step that does it
  });
});

suite('Gauss-Legendre', () => {
  test('integrates polynomials up to degree 2n - 1 to the last digits', () => {
    for (const count of [1, 2, 5, 20, 64]) {
      const { nodes, weights } = gaussLegendre(count);
      for (let degree = 0; degree < 2 * count; degree += 1) {
        const sum = weights.reduce((total, weight, i) => total + weight * nodes[i]! ** degree, 0);
        assert.ok(Math.abs(sum - 1 / (degree + 1)) < 1e-13, `${count} nodes, degree ${degree}`);
      }
    }
  });
});

function by(model: (row: Float32Array) => number): Evaluate {
  return async (rows, count) => {
    const width = rows.length / count;
    return Float64Array.from({ length: count }, (_, at) =>
      model(rows.subarray(at * width, (at + 1) * width)));
  };
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function near(got: number[], want: number[], within: number): void {
  got.forEach((value, i) => assert.ok(Math.abs(value - want[i]!) < within, `${got} is not ${want}`));
}
