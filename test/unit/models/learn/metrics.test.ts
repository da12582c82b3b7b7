import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { fullScores } from '../../../../models/learn/metrics/binary-scores.ts';
import { bootstrap, pick } from '../../../../models/learn/metrics/bootstrap.ts';
import { cIndex } from '../../../../models/learn/metrics/c-index.ts';
import {
  calibrationCurve, calibrationError,
} from '../../../../models/learn/metrics/calibration-error.ts';
import { liftAt, rocAuc } from '../../../../models/learn/metrics/ranking.ts';
import {
  bayesThreshold, cheapestThreshold, confusion, costOf, maxF1, precision,
} from '../../../../models/learn/metrics/threshold.ts';
import { gini, totalError } from '../../../../models/learn/metrics/value.ts';
import { Prng } from '../../../../server/core/prng.ts';

suite('Metrics', () => {
  test('every score of probabilities is what scikit-learn says', () => {
    const want = JSON.parse(readFileSync('test/unit/models/learn/vectors/metrics.json', 'utf8'));

    const got = fullScores(want.probabilities, want.labels, want.threshold);

    for (const name of [
      'auc', 'prAuc', 'logLoss', 'brier', 'accuracy', 'precision', 'recall', 'f1', 'maxF1',
    ] as const) {
      assert.ok(Math.abs(got[name] - want[name]) < 1e-12, `${name}: ${got[name]} ${want[name]}`);
    }
  });

  test('the concordance index counts pairs as the double loop does, ties and all', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const prng = new Prng(seed);
      const rows = 1 + prng.below(80);
      const few = 1 + prng.below(30); // different values: ties in scores and times
      const draw = (): number[] => Array.from({ length: rows }, () => prng.below(few));
      const [scores, times, happened] = [draw(), draw(), draw().map((x) => x % 2)];

      const got = cIndex(scores, times, happened);

      assert.deepEqual(got, plainCIndex(scores, times, happened), `seed ${seed}`);
    }
  });

  test('without censoring, times of two kinds make the concordance index the AUC', () => {
    const prng = new Prng(3);
    const labels = Array.from({ length: 300 }, () => prng.below(2));
    const scores = labels.map((label) => label + prng.normal());

    const index = cIndex(scores, labels.map((label) => (label === 1 ? 5 : 9)), labels);

    assert.ok(Math.abs(index - rocAuc(scores, labels)) < 1e-12);
  });

  test('scores of one label only are not a number, but no failure', () => {
    assert.ok(Number.isNaN(rocAuc([0.1, 0.2], [1, 1])));
    assert.ok(Number.isNaN(cIndex([1, 2], [3, 4], [0, 0])));
  });

  test('a model that says what happens has no calibration error, a shifted one its shift', () => {
    const prng = new Prng(1);
    const chances = Float64Array.from({ length: 40_000 }, () => prng.float() * 0.8);
    const labels = Uint8Array.from(chances, (p) => (prng.float() < p ? 1 : 0));

    for (const binning of ['equal-mass', 'equal-width'] as const) {
      assert.ok(calibrationError(chances, labels, binning) < 0.01, binning);
      const shifted = calibrationError(chances.map((p) => p + 0.1), labels, binning);
      assert.ok(Math.abs(shifted - 0.1) < 0.01, `${binning}: ${shifted}`);
    }
  });

  test('bins of equal mass hold as many rows, bins of equal width as much of the range', () => {
    const chances = [0, 0.05, 0.06, 0.07, 0.08, 0.5, 0.95, 1];
    const labels = [0, 0, 0, 0, 1, 1, 1, 1];

    const mass = calibrationCurve(chances, labels, 'equal-mass', 2);
    const width = calibrationCurve(chances, labels, 'equal-width', 2);

    assert.deepEqual(mass.map(({ rows }) => rows), [4, 4]);
    assert.deepEqual(width.map(({ rows }) => rows), [5, 3]);
    assert.deepEqual(mass.map(({ happened }) => happened), [0, 1]);
    assert.ok(Math.abs((width[1]?.said ?? 0) - (0.5 + 0.95 + 1) / 3) < 1e-15);
  });

  test('lift is how many times the base rate is at the top, ties at the cut shared', () => {
    const labels = [1, 0, 1, 0, 0, 0, 0, 0, 0, 0];

    assert.equal(liftAt([9, 8, 7, 6, 5, 4, 3, 2, 1, 0], labels, 0.1), 5);
    assert.ok(Math.abs(liftAt(labels.map(() => 1), labels, 0.3) - 1) < 1e-12);
  });

  test('the cheapest threshold costs no more than any other, and moves with the costs', () => {
    const prng = new Prng(5);
    const chances = Array.from({ length: 3000 }, () => prng.float() ** 3);
    const labels = chances.map((p) => (prng.float() < p ? 1 : 0));
    const costs = { falseAlarm: 1, miss: 4 };

    const best = cheapestThreshold(chances, labels, costs);

    for (let threshold = 0; threshold <= 1; threshold += 0.01) {
      assert.ok(costOf(confusion(chances, labels, threshold), costs) >= best.cost - 1e-15);
    }
    assert.ok(Math.abs(best.threshold - bayesThreshold(costs)) < 0.1); // .2 for true chances
    const dear = cheapestThreshold(chances, labels, { falseAlarm: 4, miss: 1 });
    assert.ok(dear.threshold > best.threshold);
    assert.equal(cheapestThreshold([0.1, 0.2], [0, 0], costs).threshold, Infinity);
    assert.equal(maxF1([0.1, 0.9], [0, 1]).f1, 1);
    assert.equal(precision(confusion([0.1], [1], 0.5)), 0); // nothing was called "yes"
  });

  test('gini is 1 for the best order, -1 for the worst and 0 for no order at all', () => {
    const spent = [0, 0, 3, 10, 50, 2];

    assert.equal(gini(spent, spent), 1);
    assert.ok(Math.abs(gini(spent.map((x) => -x), spent) + 1) < 1e-12);
    assert.ok(Math.abs(gini(spent.map(() => 1), spent)) < 1e-12);
    assert.equal(totalError([5, 6], [4, 6]), 0.1);
  });

  test('a bootstrap interval holds the truth about as often as it says', () => {
    let held = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const prng = new Prng(seed);
      const values = Array.from({ length: 100 }, () => prng.normal() + 2);
      const { low, high } = bootstrap(values.length, (at) => mean(pick(values, at)), {
        seed, rounds: 100, level: 0.9,
      });
      if (low <= 2 && 2 <= high) held += 1;
    }

    assert.ok(held >= 80 && held <= 97, `${held} of 100`);
  });

  test('a bootstrap of the same seed is the same', () => {
    const once = (): unknown => bootstrap(50, (at) => mean(at), { seed: 4 });

    assert.deepEqual(once(), once());
  });
});

function plainCIndex(scores: number[], times: number[], happened: number[]): number {
  let concordant = 0;
  let pairs = 0;
  for (let i = 0; i < scores.length; i += 1) {
    for (let j = 0; j < scores.length; j += 1) {
      const [ti, tj] = [times[i]!, times[j]!];
      if (happened[i] === 0 || !(ti < tj || (ti === tj && happened[j] === 0 && i !== j))) continue;
      pairs += 1;
      concordant += scores[i]! > scores[j]! ? 1 : scores[i]! === scores[j]! ? 0.5 : 0;
    }
  }
  return concordant / pairs;
}

function mean(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, x) => sum + x, 0) / values.length;
}
