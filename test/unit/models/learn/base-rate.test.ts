import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  atOddsTimes, likeliestRate, odds, oddsToRate,
} from '../../../../models/learn/calibration/base-rate.ts';
import { newestRows, recent } from '../../../../models/learn/calibration/recent.ts';
import type { Learner } from '../../../../models/learn/learner.ts';
import { calibrationError } from '../../../../models/learn/metrics/calibration-error.ts';
import { linear } from '../../../../models/learn/linear/linear.ts';
import { numbers, takeExamples, type Examples } from '../../../../models/learn/table.ts';
import { TrainingError } from '../../../../models/learn/training-error.ts';
import { Prng } from '../../../../server/core/prng.ts';

/** What a true model that learned at `taught` says of rows of two normal classes, `rate` of them ones. */
function shifted(rows: number, taught: number, rate: number, seed: number): Float64Array {
  const prng = new Prng(seed);
  return Float64Array.from({ length: rows }, () => {
    const x = prng.normal() + (prng.float() < rate ? 1 : -1);
    const ratio = Math.exp(2 * x) * odds(taught); // of two normals around 1 and -1
    return ratio / (1 + ratio);
  });
}

const mean = (values: Float64Array): number => values.reduce((sum, x) => sum + x, 0) / values.length;

/** Months of visits: the column says as much in each, and yes comes more often from month to month. */
function months(rows: number, rise: number): Examples {
  const prng = new Prng(4);
  const x = Float64Array.from({ length: rows }, () => prng.normal());
  const times = x.map((_, row) => Math.floor((row * 10) / rows));
  const labels = x.map((value, row) =>
    (prng.float() < 1 / (1 + Math.exp(3 - value - rise * times[row]!)) ? 1 : 0));
  return { table: { rows, columns: [numbers('x', x)] }, labels, times };
}

suite('Another share of ones than was learned', () => {
  test('odds are multiplied by the one number that gives the mean asked for; the order stays', () => {
    const said = shifted(2000, 0.1, 0.1, 1);
    for (const rate of [0.01, 0.1, 0.37, 0.9]) {
      const moved = atOddsTimes(said, oddsToRate(said, rate));
      assert.ok(Math.abs(mean(moved) - rate) < 1e-9);
      for (let i = 1; i < 50; i += 1) {
        assert.equal(Math.sign(moved[i]! - moved[0]!), Math.sign(said[i]! - said[0]!));
      }
    }
    assert.ok(mean(atOddsTimes(Float64Array.of(0, 1, 0.5), oddsToRate(Float64Array.of(0, 1, 0.5), 0.6))) > 0.599);
    assert.throws(() => oddsToRate(said, 1), RangeError);
  });

  test('expectation and maximisation ends where the likelihood of a grid is greatest', () => {
    for (const [taught, rate, seed] of [[0.12, 0.3, 1], [0.5, 0.1, 2], [0.2, 0.2, 3]] as const) {
      const said = shifted(4000, taught, rate, seed);
      const likelihood = (q: number): number => said.reduce((sum, p) =>
        sum + Math.log((q / taught) * p + ((1 - q) / (1 - taught)) * (1 - p)), 0);
      let best = 0.001;
      for (let q = 0.001; q < 0.999; q += 0.001) if (likelihood(q) > likelihood(best)) best = q;

      const found = likeliestRate(said, taught);

      assert.ok(Math.abs(found - best) <= 0.001, `${found} ${best}`);
      assert.ok(Math.abs(found - rate) < 0.03, `${found} of ${rate}`);
    }
  });
});

suite('Recalibration on the newest rows', () => {
  const learner: Learner = linear();

  test('the newest rows are whole times, and at least the share asked for', () => {
    const examples = months(1000, 0);
    assert.equal(newestRows(examples, 0.1).length, 100);
    assert.equal(newestRows(examples, 0.101).length, 200);
    assert.equal(newestRows(examples, 1).length, 1000);
  });

  test('where yes comes more often by and by, it mends much of what the mean month gets wrong', () => {
    const examples = months(20_000, 0.15);
    const before = takeExamples(examples, Uint32Array.from({ length: 18_000 }, (_, row) => row));
    const after = takeExamples(examples, Uint32Array.from({ length: 2000 }, (_, i) => 18_000 + i));
    const said = learner.fit(before, 1).predict(after.table);

    const { curve, rate, rows } = recent({ learner }, before, { share: 0.1, seed: 1 });
    const curved = said.map((p) => curve.at(p));
    const moved = atOddsTimes(curved, oddsToRate(curved, rate));

    assert.equal(rows, 2000);
    const [as, on, to] = [said, curved, moved].map((p) => calibrationError(p, after.labels));
    assert.ok(as! > 0.07 && on! < as! / 2 && to! < as! / 2, `${as} ${on} ${to}`);
  });

  test('where nothing moves it changes little', () => {
    const examples = months(10_000, 0);
    const { curve } = recent({ learner }, examples, { share: 0.3, seed: 1 });
    for (const p of [0.02, 0.05, 0.2]) assert.ok(Math.abs(curve.at(p) - p) < 0.02, `${p} ${curve.at(p)}`);
  });

  test('too few newest rows, or rows without times, are refused with the reason', () => {
    const few = months(300, 0);
    assert.throws(() => recent({ learner }, few, { share: 0.1, seed: 1 }), /too few to recalibrate/);
    const { times: _, ...none } = months(1000, 0);
    assert.throws(() => recent({ learner }, none, { share: 0.5, seed: 1 }), TrainingError);
  });
});
