import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { rocAuc } from '../../../../models/learn/metrics/ranking.ts';
import { categories, numbers, type Examples } from '../../../../models/learn/table.ts';
import { Binning } from '../../../../models/learn/trees/binning.ts';
import { boostedTrees } from '../../../../models/learn/trees/boosting.ts';
import { forest } from '../../../../models/learn/trees/forest.ts';
import { bestSplit, score } from '../../../../models/learn/trees/split.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { checkTrees } from '../../../../server/explain/tree-ensemble-file.ts';

const RULES = {
  l2: 0.5, gainMin: 0, leafRowsMin: 1, leafHessianMin: 0, categorySmooth: 0.5, categoryL2: 0,
  oneHot: false,
};

suite('Boosted trees', () => {
  test('say what scikit-learn says: values, weighted values, chances, missing cells', () => {
    const want = JSON.parse(readFileSync('test/unit/models/learn/vectors/boosting.json', 'utf8'));
    const columns = (want.columns as (number | null)[][]).map((cells, at) =>
      numbers(`x${at}`, cells.map((cell) => cell ?? NaN)));
    const table = { rows: want.values.length, columns };
    const same = { trees: 8, leaves: 7, l2: 0.5 };
    const squared = boostedTrees({
      ...same, rate: 0.3, leafRows: 10, leafHessian: 1e-3, objective: 'squared' });
    const logistic = boostedTrees({ ...same, rate: 0.2, leafRows: 5 });
    const values = Float64Array.from(want.values);
    const weights = Float64Array.from(want.weights);

    const got = {
      squared: squared.fit({ table, labels: values }, 1),
      weighted: squared.fit({ table, labels: values, weights }, 1),
      logistic: logistic.fit({ table, labels: Float64Array.from(want.labels) }, 1),
    };

    for (const [name, fitted] of Object.entries(got)) {
      checkTrees(fitted.trees);
      fitted.predict(table).forEach((value, row) => {
        assert.ok(Math.abs(value - want[name][row]) < 2e-4, `${name} row ${row}`);
      });
    }
  });

  test('a set of categories is the best of all subsets, a threshold the best of all edges', () => {
    for (let seed = 1; seed <= 20; seed += 1) {
      const { table, g, h } = gradients(seed);
      const binning = new Binning(table);
      table.columns.forEach((column, at) => {
        const { bins } = binning.binned[at]!;
        const rows = new Float32Array(table.rows * table.columns.length);
        column.values.forEach((cell, row) => { rows[row * table.columns.length + at] = cell; });
        const codes = binning.codes(rows)[at]!;
        const sums = new Float64Array(3 * (bins + 1));
        codes.forEach((bin, row) => {
          sums[3 * bin] = sums[3 * bin]! + g[row]!;
          sums[3 * bin + 1] = sums[3 * bin + 1]! + h[row]!;
          sums[3 * bin + 2] = sums[3 * bin + 2]! + 1;
        });
        const node = { g: sum(g), h: sum(h), n: table.rows };

        const split = bestSplit(at, binning.binned[at]!, sums, 0, node, RULES);

        const best = plainGain(column.kind, bins, codes, g, h);
        assert.ok(Math.abs((split?.gain ?? 0) - best) < 1e-9, `seed ${seed} column ${at}`);
      });
    }
  });

  test('the same seed gives the same trees, another seed others', () => {
    const data = sessions(3, 800);
    const learner = boostedTrees({ trees: 20, rowShare: 0.7, columnShare: 0.6 });

    assert.deepEqual(learner.fit(data, 5).trees, learner.fit(data, 5).trees);
    assert.notDeepEqual(learner.fit(data, 5).trees, learner.fit(data, 6).trees);
  });

  test('a weight of two is the row twice', () => {
    const once = sessions(4, 400);
    const twice = {
      table: {
        rows: 800,
        columns: once.table.columns.map((c) => ({ ...c, values: doubled(c.values) })),
      },
      labels: doubled(once.labels),
    };
    const settings = { trees: 10, leaves: 5, l2: 0, categoryL2: 0, categorySmooth: 0 };

    const weighted = boostedTrees({ ...settings, leafRows: 10 })
      .fit({ ...once, weights: new Float64Array(400).fill(2) }, 1).predict(once.table);
    const repeated = boostedTrees({ ...settings, leafRows: 20 }).fit(twice, 1).predict(once.table);

    weighted.forEach((p, row) => assert.ok(Math.abs(p - repeated[row]!) < 1e-6));
  });

  test('with validation examples they stop where these gain no more', () => {
    const [train, later] = [sessions(5, 600), sessions(6, 600)];
    const learner = boostedTrees({ trees: 500, rate: 0.3, patience: 10 });

    const stopped = learner.fit(train, 1, later);

    assert.ok(stopped.trees.roots.length < 100, `${stopped.trees.roots.length} trees`);
    const to = (fitted: { predict: typeof stopped.predict }): number =>
      rocAuc(fitted.predict(later.table), later.labels);
    assert.ok(to(stopped) > to(learner.fit(train, 1)));
  });

  test('cover is the weight of the rows that came by', () => {
    const data = sessions(7, 300);
    const { trees } = boostedTrees({ trees: 3 }).fit(data, 1);

    for (const root of trees.roots) assert.equal(trees.cover[root], 300);
    trees.left.forEach((left, node) => {
      if (left < 0) return;
      assert.equal(trees.cover[node], trees.cover[left]! + trees.cover[trees.right[node]!]!);
    });
  });

  test('one row, one label, no columns that tell anything: the base rate, and no failure', () => {
    const flat = { rows: 40, columns: [numbers('a', Array(40).fill(3))] };
    const labels = Float64Array.from({ length: 40 }, (_, row) => row % 4 === 0 ? 1 : 0);

    const same = boostedTrees({ trees: 5 }).fit({ table: flat, labels }, 1).predict(flat);
    const one = boostedTrees({ trees: 5 }).fit({ table: flat, labels: labels.fill(1) }, 1);

    assert.ok(same.every((p) => Math.abs(p - 0.25) < 1e-6));
    assert.ok(one.predict(flat).every((p) => p > 0.99 && p <= 1));
  });

  test('a category that was not there when it learned is a missing cell', () => {
    const names = Array.from({ length: 200 }, (_, row) => (row % 3 === 0 ? '' : `c${row % 2}`));
    const labels = Float64Array.from(names, (name) => (name === 'c1' || name === '' ? 1 : 0));
    const table = { rows: 200, columns: [categories('c', names)] };
    const fitted = boostedTrees({ trees: 20, leafRows: 1 }).fit({ table, labels }, 1);

    const asked = { rows: 3, columns: [categories('c', ['', 'a new one', 'c1'])] };
    const [missing, unknown, known] = fitted.predict(asked);

    assert.equal(unknown, missing);
    assert.ok(missing! > 0.8 && known! > 0.8);
  });
});

suite('Forests', () => {
  for (const kind of ['random', 'extra'] as const) {
    test(`${kind}: learn what a split alone does not show, and give chances`, () => {
      const [train, later] = [sessions(8, 1500), sessions(9, 1500)];

      const fitted = forest({ kind, trees: 60 }).fit(train, 1);
      const chances = fitted.predict(later.table);

      checkTrees(fitted.trees);
      assert.ok(chances.every((p) => p >= 0 && p <= 1.000001));
      assert.ok(rocAuc(chances, later.labels) > 0.8, `${rocAuc(chances, later.labels)}`);
      assert.deepEqual(forest({ kind, trees: 60 }).fit(train, 1).trees, fitted.trees);
    });
  }

  test('on values their answer is a mean of them', () => {
    const { table } = sessions(10, 500);
    const labels = table.columns[0]!.values.map((x) => (Number.isNaN(x) ? 50 : 40 + x));
    const values = forest({ trees: 30 }).fit({ table, labels }, 1).predict(table);

    assert.ok(values.every((value) => value > 35 && value < 55));
  });
});

/** Sessions that buy where one of two numbers is high, but not both, and in some countries. */
function sessions(seed: number, rows: number): Examples {
  const prng = new Prng(seed);
  const a = Array.from({ length: rows }, () => (prng.below(20) === 0 ? NaN : prng.normal()));
  const b = Array.from({ length: rows }, () => prng.normal());
  const country = Array.from({ length: rows }, () => prng.below(12));
  const labels = Float64Array.from(a, (x, row) => {
    const pull = ((x > 0) !== (b[row]! > 0) ? 2 : -2) + (country[row]! % 3 === 0 ? 1 : 0);
    return pull + 1.5 * prng.normal() > 0 ? 1 : 0;
  });
  const columns = [
    numbers('a', a), numbers('b', b), categories('country', country.map((c) => `c${c + 10}`)),
  ];
  return { table: { rows, columns }, labels };
}

function gradients(seed: number): { table: Examples['table']; g: number[]; h: number[] } {
  const prng = new Prng(seed);
  const rows = 40;
  const draw = (next: () => number): number[] => Array.from({ length: rows }, next);
  const columns = [
    numbers('n', draw(() => (prng.below(6) === 0 ? NaN : prng.below(8)))),
    categories('c', draw(() => prng.below(7)).map((c) => (c === 0 ? '' : `c${c}`))),
  ];
  return { table: { rows, columns }, g: draw(() => prng.normal()), h: draw(() => 1) };
}

/** The best gain over all subsets of bins (categories) or all edges with missing either side. */
function plainGain(
  kind: string, bins: number, codes: Uint8Array, g: number[], h: number[],
): number {
  const subsets = kind === 'category'
    ? Array.from({ length: 2 ** (bins + 1) }, (_, bits) => bits)
    : Array.from({ length: 2 * (bins + 1) }, (_, i) =>
      (2 ** (i >> 1) - 1) | (i % 2 === 1 ? 1 << bins : 0));
  const whole = score(sum(g), sum(h), RULES.l2);
  let best = 0;
  for (const bits of subsets) {
    const left = codes.reduce((sums, bin, row) => ((bits >> bin) & 1) === 0 ? sums
      : { g: sums.g + g[row]!, h: sums.h + h[row]!, n: sums.n + 1 }, { g: 0, h: 0, n: 0 });
    if (left.n === 0 || left.n === codes.length) continue;
    const gain = score(left.g, left.h, RULES.l2) +
      score(sum(g) - left.g, sum(h) - left.h, RULES.l2) - whole;
    best = Math.max(best, gain);
  }
  return best;
}

function sum(values: ArrayLike<number>): number {
  return Array.from(values).reduce((total, x) => total + x, 0);
}

function doubled(values: Float64Array): Float64Array {
  return Float64Array.from({ length: 2 * values.length }, (_, i) => values[i % values.length]!);
}
