import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { keyOf, share } from '../../../server/experiments/assign.ts';
import { enough, evaluate, type Logged } from '../../../server/experiments/estimators.ts';
import { difference } from '../../../server/experiments/mean-sequence.ts';
import { normalQuantile, ofRate, unitsNeeded } from '../../../server/experiments/power.ts';
import { fitReward } from '../../../server/experiments/reward-model.ts';
import { splitP } from '../../../server/experiments/split-check.ts';
import { Posteriors, propensities } from '../../../server/experiments/thompson.ts';

/** By numpy and SciPy: `vectors/experiments.py`. */
const vectors = JSON.parse(readFileSync('test/unit/experiments/vectors/experiments.json', 'utf8')) as {
  assign: { salt: string; unit: string; share: number; key: string }[];
  sequences: { control: [number, number]; arm: [number, number]; alpha: number; horizon: number;
    value: number; half: number; p: number }[];
  splits: { counts: number[]; weights: number[]; p: number }[];
  off: { slots: Logged[]; effective: number } & Record<'ips' | 'snips' | 'dr', [number, number]>;
  ridge: { x: number[][]; y: number[]; coefficients: number[] };
  pools: { posteriors: [number, number][]; best: number[] }[];
  units: { rate: number; lift: number; once: number }[];
  quantiles: [number, number][];
};

suite('what experiments compute agrees with numpy and SciPy', () => {
  test('assignment: the share and key of salt and unit, in any script', () => {
    for (const { salt, unit, share: at, key } of vectors.assign) {
      assert.equal(share(salt, unit), at);
      assert.equal(keyOf(salt, unit), key);
    }
  });

  test('the confidence sequence of a difference of means, and its p-value', () => {
    for (const { control, arm, alpha, horizon, value, half, p } of vectors.sequences) {
      const sums = ([units, sum]: [number, number]) => ({ units, sum, squares: sum });
      const found = difference(sums(control), sums(arm), { alpha, horizon });

      assert.ok(found);
      near(found.value, value, 1e-12);
      near(found.high - found.value, half, 1e-10);
      near(found.p, p, 1e-9);
      assert.equal(found.p < alpha, found.low > 0 || found.high < 0, 'p and bounds say the same');
    }
  });

  test('the p-value of a split', () => {
    for (const { counts, weights, p } of vectors.splits) near(splitP(counts, weights), p, 1e-7);
  });

  test('IPS, SNIPS and DR, with errors clustered by visitor, and the effective sample', () => {
    const { slots, effective } = vectors.off;
    const found = evaluate(slots);
    for (const name of ['ips', 'snips', 'dr'] as const) {
      near(found[name].value, vectors.off[name][0], 1e-10);
      near(found[name].se, vectors.off[name][1], 1e-10);
    }
    near(enough(slots).effective, effective, 1e-10);
  });

  test('ridge regression', () => {
    const { x, y, coefficients } = vectors.ridge;
    const model = fitReward(x.map((features, i) => ({ features, reward: y[i] as number })), 3);
    coefficients.forEach((one, i) => near(model.coefficients[i] as number, one, 1e-8));
  });

  test('Thompson propensities are near the probability that each posterior is the largest', () => {
    for (const { posteriors, best } of vectors.pools) {
      const pool = posteriors.map(([a, b]) => ({ clicked: a - 1, shown: a - 1 + b - 19 }));
      const drawn = new Posteriors(new Prng(5));
      const mean = best.map(() => 0);
      for (let i = 0; i < 400; i += 1) {
        const shares = propensities(pool.map((one) => drawn.of({ ...one })), 0.1);
        near(shares.reduce((sum, one) => sum + one, 0), 1, 1e-12);
        shares.forEach((one, at) => { mean[at]! += one / 400; });
        assert.ok(Math.min(...shares) >= 0.1 / 3 - 1e-12, 'none is below the even share');
      }
      best.forEach((one, i) => near(mean[i] as number, 0.9 * one + 0.1 / 3, 0.02));
    }
  });

  test('sample sizes, and quantiles of the normal', () => {
    for (const { rate, lift, once } of vectors.units) {
      const found = unitsNeeded({
        lift: rate * lift, control: ofRate(rate), arm: ofRate(rate * (1 + lift)), alpha: 0.05, power: 0.8,
      });
      assert.equal(found.once, Math.ceil(once));
      assert.ok(found.always > found.once && found.always < 2.5 * found.once);
    }
    for (const [p, z] of vectors.quantiles) near(normalQuantile(p), z, 1e-8);
  });
});

function near(got: number, want: number, by: number): void {
  assert.ok(Math.abs(got - want) <= by * Math.max(1, Math.abs(want)), `${got} is not ${want}`);
}
