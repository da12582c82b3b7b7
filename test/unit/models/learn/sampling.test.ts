import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fitAll, fitWithin } from '../../../../models/learn/fit-within.ts';
import { bootstrapPair } from '../../../../models/learn/paired.ts';
import { rocAuc } from '../../../../models/learn/metrics/ranking.ts';
import { classWeights } from '../../../../models/learn/sampling/class-weights.ts';
import { correctPrior } from '../../../../models/learn/sampling/prior.ts';
import { overSample, underSample } from '../../../../models/learn/sampling/random.ts';
import { smote } from '../../../../models/learn/sampling/smote.ts';
import type { Sampler, TrainingPart } from '../../../../models/learn/sampling/training-part.ts';
import { judgeSampling } from '../../../../models/learn/sampling/verdict.ts';
import { stratified } from '../../../../models/learn/split/stratified.ts';
import type { Fold } from '../../../../models/learn/split/plan.ts';
import {
  numbers, takeExamples, type Column, type Examples,
} from '../../../../models/learn/table.ts';
import { TrainingError } from '../../../../models/learn/training-error.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { logistic, spy } from '../../../support/learners.ts';

suite('a sampler', () => {
  test('sees the training part of a fold and no other row', () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const examples = chance(seed);
      const [fold] = stratified({ folds: 4, seed })(examples).folds as [Fold];
      const ids = new Set(fold.train);
      const train = takeExamples(examples, fold.train);

      for (const sampler of [classWeights(), overSample(), underSample()]) {
        const rows = column(resampled(sampler, examples, seed, fold), 'id');
        assert.ok(rows.every((id) => ids.has(id)), sampler.name);
      }
      const made = resampled(smote(), examples, seed, fold);
      const kept = takeExamples(made, train.labels.map((_, row) => row));
      assert.deepEqual(kept.table, train.table);
    }
  });

  test('leaves the classes at the ratio asked for', () => {
    for (const ratio of [1, 0.5]) {
      for (let seed = 0; seed < 10; seed += 1) {
        const examples = chance(seed);
        for (const make of [overSample, underSample, (to: number) => smote({ ratio: to })]) {
          const { labels } = resampled(make(ratio), examples, seed);
          const ones = labels.filter((label) => label === 1).length;
          const off = Math.abs(ones / (labels.length - ones) - ratio);
          assert.ok(off < 0.02, `seed ${seed}, ${make(ratio).name}: ${off}`);
        }
      }
    }
  });

  test('of weights keeps every row, and weights that average 1', () => {
    const examples = { ...chance(1), weights: chance(2).table.columns[1]!.values.map(Math.exp) };
    const { labels, weights } = resampled(classWeights(0.5), examples, 1);
    const sum = (of: Float64Array, label: number) =>
      of.reduce((all, weight, row) => all + (labels[row] === label ? weight : 0), 0);

    assert.ok(Math.abs(sum(weights!, 1) / sum(weights!, 0) - 0.5) < 1e-12);
    const before = sum(examples.weights, 1) + sum(examples.weights, 0);
    assert.ok(Math.abs((sum(weights!, 1) + sum(weights!, 0)) / before - 1) < 1e-12);
  });

  test('SMOTE makes rows on the way from a row to one of its true neighbours, of one class', () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const examples = chance(seed, 120);
      const few = examples.labels.map((_, row) => row).filter((row) => examples.labels[row] === 1);
      const near = new Map(Array.from(few, (row) => [row, plainNeighbours(examples, [...few], row)]));
      const made = resampled(smote(), examples, seed);

      const numeric = ['x', 'y', 'sparse'];
      for (let row = 120; row < made.labels.length; row += 1) {
        assert.equal(made.labels[row], 1);
        const parent = [...near].find(([from, others]) => others.some((other) => {
          const share = shareOf(examples, made, from, other, row);
          return share !== null && numeric.every((name) =>
            isBetween(column(examples, name), column(made, name), from, other, row, share));
        }) && column(made, 'kind')[row] === mode(others.map((r) => column(examples, 'kind')[r]!)));
        assert.ok(parent, `seed ${seed}, row ${row} has no parents`);
      }
    }
  });

  test('SMOTE says where there are too few rows, and every sampler where a class is empty', () => {
    const examples = chance(1, 60);
    const lone = { ...examples, labels: examples.labels.map((_, row) => (row < 3 ? 1 : 0)) };
    const none = { ...examples, labels: new Float64Array(60) };

    assert.throws(() => resampled(smote(), lone, 1), /5 neighbours and 3 rows/);
    for (const sampler of [smote(), overSample(), underSample(), classWeights()]) {
      assert.throws(() => resampled(sampler, none, 1), TrainingError);
    }
  });

  test('cannot be called on rows that were not split, nor its rows be split: neither compiles', () => {
    const never = (examples: Examples, prng: Prng, part: TrainingPart): void => {
      // @ts-expect-error: a table of examples is not a training part
      smote().resample(examples, prng);
      // @ts-expect-error: nor can one be put together
      smote().resample({ examples }, prng);
      // @ts-expect-error: what was resampled is not a table that a split takes
      stratified({ folds: 5, seed: 1 })(smote().resample(part, prng));
    };

    assert.equal(never.length, 3);
  });

  test('gives the same rows for the same seed', () => {
    for (const sampler of [smote(), overSample(), underSample()]) {
      const rows = (seed: number) => column(resampled(sampler, chance(1), seed), 'x');
      assert.deepEqual(rows(1), rows(1));
      assert.notDeepEqual(rows(1), rows(2));
    }
  });

  test('that moves the odds can have them back: probabilities are right again', () => {
    const examples = slope(3, 4000);
    const plain = logistic().fit(examples, 1).predict(examples.table);
    const learner = logistic();
    const weighted = fitAll({ learner, sampler: classWeights() }, examples, 1);
    const kept = fitAll({ learner, sampler: classWeights(), keepOdds: true }, examples, 1);

    const mean = (of: Float64Array) => of.reduce((sum, p) => sum + p, 0) / of.length;
    assert.ok(mean(weighted.predict(examples.table)) - mean(plain) > 0.1);
    assert.ok(Math.abs(mean(kept.predict(examples.table)) - mean(plain)) < 0.01);
  });

  test('at odds multiplied and divided again, a probability is itself', () => {
    for (const p of [0, 0.01, 0.5, 0.9, 1]) {
      for (const by of [0.1, 1, 7]) {
        const higher = (p * by) / (p * by + 1 - p);
        assert.ok(Math.abs(correctPrior(higher, by) - p) < 1e-12);
      }
    }
  });

  test('that hurts calibration is warned of, with both figures', () => {
    const examples = slope(5, 3000);
    const [fold] = stratified({ folds: 3, seed: 1 })(examples).folds as [Fold];
    const { table, labels } = takeExamples(examples, fold.test);
    const scores = (sampler?: Sampler) =>
      fitWithin({ learner: logistic(), ...(sampler && { sampler }) }, examples, fold, 1).predict(table);

    const verdict = judgeSampling('SMOTE', scores(smote()), scores(), labels, 1);

    assert.match(verdict.warnings.join('\n'), /SMOTE hurts calibration: ECE 0\.0\d+ without it, 0\.\d+ with/);
    assert.match(verdict.warnings.join('\n'), /does not lift AUC/);
    const same = judgeSampling('nothing', scores(), scores(), labels, 1);
    assert.deepEqual(same.warnings.filter((warning) => /calibration/.test(warning)), []);
  });
});

suite('a paired bootstrap', () => {
  test('scores the rows as they are as the plain metrics do, ties and all', () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const prng = new Prng(seed);
      const labels = Float64Array.from({ length: 200 }, () => prng.below(2));
      const rough = labels.map((label) => Math.round((label + prng.float() * 3) * 4) / 20);
      const other = labels.map(() => prng.float());

      const pair = bootstrapPair('auc', rough, other, labels, { seed, rounds: 10 });

      assert.ok(Math.abs(pair.with - rocAuc(rough, labels)) < 1e-12);
      assert.ok(Math.abs(pair.without - rocAuc(other, labels)) < 1e-12);
    }
  });

  test('holds the true difference 95 times of a hundred, and wider where rows go in groups', () => {
    let held = 0;
    let wider = 0;
    for (let seed = 0; seed < 100; seed += 1) {
      const prng = new Prng(seed + 500);
      const rows = 300;
      const skill = Float64Array.from({ length: rows / 10 }, () => prng.normal());
      const labels = new Float64Array(rows).map(() => prng.below(2));
      const loss = (row: number) => 0.5 + 0.2 * Math.tanh((skill[Math.floor(row / 10)] as number));
      // Two models that are equally good on average.
      const p = labels.map((label, row) => (label === 1 ? loss(row) : 1 - loss(row)));
      const q = labels.map((label) => (label === 1 ? 0.5 : 0.5));
      const groups = Uint32Array.from(labels, (_, row) => Math.floor(row / 10));
      const plain = bootstrapPair('logLoss', p, q, labels, { seed, rounds: 200 });
      const by = bootstrapPair('logLoss', p, q, labels, { seed, rounds: 200, groups });
      if (by.high - by.low > plain.high - plain.low) wider += 1;
      // The expectation of -log(.5 + .2 tanh z) + log .5, by a fine sum over z.
      if (by.low <= TRUE_LOSS && TRUE_LOSS <= by.high) held += 1;
    }

    assert.ok(held >= 86, `${held} of 100`);
    assert.equal(wider, 100);
  });
});

const TRUE_LOSS = (() => {
  let sum = 0;
  let mass = 0;
  for (let z = -8; z <= 8; z += 0.001) {
    const density = Math.exp(-z * z / 2);
    sum += density * (-Math.log(0.5 + 0.2 * Math.tanh(z)) + Math.log(0.5));
    mass += density;
  }
  return sum / mass;
})();

/** A fifth are ones; two numbers, one with gaps, a category, and the row's number. */
function chance(seed: number, rows = 300): Examples {
  const prng = new Prng(seed);
  const gaps = prng.row(rows).map((value) => (prng.float() < 0.1 ? NaN : value));
  return {
    table: {
      rows,
      columns: [
        numbers('id', Array.from({ length: rows }, (_, row) => row)),
        numbers('x', prng.row(rows)), numbers('y', prng.row(rows)), numbers('sparse', gaps),
        {
          name: 'kind', kind: 'category', categories: ['a', 'b', 'c'],
          values: Float64Array.from({ length: rows }, () => prng.below(3)),
        },
      ],
    },
    labels: Float64Array.from({ length: rows }, (_, row) => (row % 5 === 0 ? 1 : 0)),
  };
}

/** One number that a logistic curve makes a label of, with about one in nine. */
function slope(seed: number, rows: number): Examples {
  const prng = new Prng(seed);
  const x = prng.row(rows);
  const labels = Float64Array.from(x, (value) =>
    (prng.float() < 1 / (1 + Math.exp(2.6 - 1.2 * value)) ? 1 : 0));
  return { table: { rows, columns: [numbers('x', x)] }, labels };
}

function resampled(sampler: Sampler, examples: Examples, seed: number, fold?: Fold): Examples {
  const seen: Examples[] = [];
  const pipeline = { learner: spy(seen), sampler };
  if (fold) fitWithin(pipeline, examples, fold, seed);
  else fitAll(pipeline, examples, seed);
  return seen[0] as Examples;
}

function column({ table }: Examples, name: string): Float64Array {
  return (table.columns.find((of) => of.name === name) as Column).values;
}

/** The five nearest rows, written anew: standardised squares, 1 for what differs or is missing. */
function plainNeighbours(examples: Examples, few: number[], row: number): number[] {
  const far = (other: number) => examples.table.columns.reduce((sum, { kind, values }) => {
    const known = few.map((r) => values[r]!).filter((value) => !Number.isNaN(value));
    const mean = known.reduce((a, b) => a + b, 0) / known.length;
    const spread = Math.sqrt(known.reduce((a, b) => a + (b - mean) ** 2, 0) / known.length);
    const [a, b] = [values[row]!, values[other]!];
    if (Number.isNaN(a) || Number.isNaN(b)) return sum + (Number.isNaN(a) === Number.isNaN(b) ? 0 : 1);
    return sum + (kind === 'category' ? (a === b ? 0 : 1) : ((a - b) / spread) ** 2);
  }, 0);
  return few.filter((other) => other !== row).sort((a, b) => far(a) - far(b) || a - b).slice(0, 5);
}

function shareOf(
  from: Examples, made: Examples, a: number, b: number, row: number,
): number | null {
  const x = column(from, 'x');
  const share = (column(made, 'x')[row]! - x[a]!) / (x[b]! - x[a]!);
  return share >= -1e-9 && share <= 1 + 1e-9 ? share : null;
}

function isBetween(
  from: Float64Array, made: Float64Array, a: number, b: number, row: number, share: number,
): boolean {
  if (Number.isNaN(from[a]) || Number.isNaN(from[b])) return Object.is(made[row], from[a]);
  return Math.abs(made[row]! - (from[a]! + share * (from[b]! - from[a]!))) < 1e-9;
}

function mode(values: number[]): number {
  const count = (value: number) => values.filter((other) => other === value).length;
  return values.reduce((best, value) => (count(value) > count(best) ? value : best));
}
