import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { rocAuc } from '../../../models/learn/metrics/ranking.ts';
import { Prng } from '../../../server/core/prng.ts';
import { Bins } from '../../../server/watch/bins.ts';
import {
  findings, jensenShannon, kolmogorovSmirnov, kolmogorovTail, psi,
} from '../../../server/watch/distances.ts';
import { judgeDrift, normalTail, type ColumnSample } from '../../../server/watch/drift.ts';
import { IsolationForest, usualDepth } from '../../../server/watch/isolation-forest.ts';

interface Vectors {
  pairs: { a: number[]; b: number[]; statistic: number; p: number }[];
  shares: { p: number[]; q: number[]; js: number; psi: number }[];
  tails: { x: number; p: number }[];
  findings: { p: number[]; rate: number; found: boolean[] };
  forest: { rows: number[][]; odd: number; auc: number };
}
const file = 'test/unit/watch/vectors/watch.json';
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors;

const near = (a: number, b: number, by = 1e-9): void =>
  assert.ok(Math.abs(a - b) <= by, `${a} is not ${b} within ${by}`);
const sample = (values: number[], missing = 0): ColumnSample =>
  ({ sorted: Float64Array.from(values).sort(), missing });

suite('distances of distributions', () => {
  test('Kolmogorov-Smirnov is SciPy\'s, with ties', () => {
    for (const { a, b, statistic, p } of vectors.pairs) {
      const found = kolmogorovSmirnov(Float64Array.from(a).sort(), Float64Array.from(b).sort());
      near(found.statistic, statistic);
      near(found.p, p, 1e-8);
    }
    for (const { x, p } of vectors.tails) near(kolmogorovTail(x), p, 1e-9);
    assert.equal(kolmogorovTail(0), 1);
  });

  test('PSI and Jensen-Shannon are SciPy\'s where no bin is empty', () => {
    for (const { p, q, js, psi: index } of vectors.shares) {
      near(jensenShannon(p, q), js);
      near(psi(p, q), index);
    }
  });

  test('an empty bin costs a finite amount, and the same both ways round', () => {
    const [p, q] = [[0.5, 0.5, 0], [0.5, 0.25, 0.25]];
    assert.ok(Number.isFinite(psi(p, q)));
    near(psi(p, q), psi(q, p));
  });

  test('false findings among many are held down as Benjamini and Hochberg say', () => {
    const { p, rate, found } = vectors.findings;
    assert.deepEqual(findings(p, rate), found);
    assert.deepEqual(findings([], rate), []);
  });

  test('the tail of a normal distribution', () => {
    near(normalTail(0), 0.5, 1e-7);
    near(normalTail(1.959964), 0.025, 1e-7);
    near(normalTail(3), 0.001349898, 1e-7);
  });
});

suite('bins', () => {
  test('every value has one bin, the missing a bin of their own, and shares sum to 1', () => {
    const number = fc.oneof(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.integer({ min: 0, max: 3 }));
    fc.assert(fc.property(fc.array(number), fc.array(number), fc.nat(5), (was, is, missing) => {
      const bins = new Bins(Float64Array.from(was).sort());
      const shares = bins.shares(Float64Array.from(is), missing);
      assert.equal(shares.length, bins.count);
      if (is.length + missing > 0) near(shares.reduce((sum, share) => sum + share, 0), 1);
      near(shares[bins.count - 1]! * (is.length + missing), missing);
      assert.equal(bins.of(NaN), bins.count - 1);
    }));
  });

  test('bins hold about as many rows of the reference each', () => {
    const prng = new Prng(3);
    const sorted = Float64Array.from({ length: 1000 }, () => prng.normal()).sort();
    const bins = new Bins(sorted);
    const shares = bins.shares(sorted, 0);
    assert.equal(bins.count, 11);
    for (const share of shares.slice(0, -1)) near(share, 0.1);
  });
});

suite('drift', () => {
  const draw = (prng: Prng, count: number, mean = 0): number[] =>
    Array.from({ length: count }, () => prng.normal() + mean);

  test('rows like the reference are rarely called shifted: in 1 of 100 looks at most', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 200; seed += 1) {
      const prng = new Prng(seed);
      const columns = Array.from({ length: 20 }, () => [draw(prng, 1000), draw(prng, 300)] as const);
      const found = judgeDrift(columns.map((_, i) => `c${i}`),
        (column) => sample([...columns[column]![0]]), (column) => sample([...columns[column]![1]]));
      if (found.some(({ level }) => level !== 'stable')) alarms += 1;
    }
    assert.ok(alarms <= 2, `${alarms} of 200`);
  });

  test('a moved column is shifted, the others stay stable', () => {
    const prng = new Prng(5);
    const found = judgeDrift(['still', 'moved', 'slightly'],
      () => sample(draw(prng, 1000)),
      (column) => sample(draw(prng, 2000, [0, 1, 0.05][column])));
    assert.deepEqual(found.map(({ level }) => level), ['stable', 'shifted', 'stable']);
  });

  test('a column that begins to be missing is shifted', () => {
    const prng = new Prng(6);
    const [one] = judgeDrift(['a'], () => sample(draw(prng, 1000)), () => sample(draw(prng, 300), 300));
    assert.equal(one?.level, 'shifted');
    assert.equal(one?.missing, 0.5);
    const [gone] = judgeDrift(['a'], () => sample(draw(prng, 500)), () => sample([], 300));
    assert.equal(gone?.level, 'shifted');
  });

  test('a flag that was always 0 and is now at times 1 is shifted', () => {
    const zeros = new Array<number>(1000).fill(0);
    const [one] = judgeDrift(['flag'], () => sample(zeros),
      () => sample([...zeros.slice(0, 600), ...new Array<number>(400).fill(1)]));
    assert.equal(one?.level, 'shifted');
    const [less] = judgeDrift(['flag'], () => sample(zeros),
      () => sample([...zeros.slice(0, 600), ...new Array<number>(400).fill(-1)]));
    assert.equal(less?.level, 'shifted');
  });
});

suite('isolation forest', () => {
  test('planted anomalies are ranked as scikit-learn ranks them', () => {
    const { rows, odd, auc } = vectors.forest;
    const flat = Float32Array.from(rows.flat());
    const columns = rows[0]!.length;
    const labels = rows.map((_, i) => (i >= rows.length - odd ? 1 : 0));
    let mean = 0;
    for (let seed = 1; seed <= 5; seed += 1) {
      const forest = new IsolationForest(flat, columns, { trees: 100, sample: 256, seed });
      mean += rocAuc(rows.map((row) => forest.score(row)), labels) / 5;
    }
    near(mean, auc, 0.01);
  });

  test('scores lie between 0 and 1, alike rows at one half, missing values are no failure', () => {
    const alike = new IsolationForest(new Float32Array(64).fill(3), 4);
    near(alike.score([3, 3, 3, 3]), 0.5);
    const mixed = new IsolationForest(Float32Array.of(1, NaN, 2, 5, NaN, 6, 4, 2), 2);
    const score = mixed.score([NaN, NaN]);
    assert.ok(score > 0 && score < 1);
    assert.throws(() => new IsolationForest(Float32Array.of(1, 2), 2), /two rows/);
  });

  test('the usual depth is twice the harmonic number and less', () => {
    const harmonic = (n: number): number => Array.from({ length: n }, (_, i) => 1 / (i + 1)).reduce((a, b) => a + b);
    near(usualDepth(256), 2 * harmonic(255) - (2 * 255) / 256, 0.01);
    assert.equal(usualDepth(1), 0);
  });
});
