import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { defaultSplit } from '../../../../models/learn/split/default.ts';
import { forward } from '../../../../models/learn/split/forward.ts';
import { givenFolds, parseFolds } from '../../../../models/learn/split/given.ts';
import { grouped } from '../../../../models/learn/split/grouped.ts';
import { landmarks } from '../../../../models/learn/split/landmarks.ts';
import { Fold, type Plan } from '../../../../models/learn/split/plan.ts';
import { stratified } from '../../../../models/learn/split/stratified.ts';
import { atTime, byTime } from '../../../../models/learn/split/time.ts';
import { numbers, type Examples } from '../../../../models/learn/table.ts';
import { TrainingError } from '../../../../models/learn/training-error.ts';
import { Prng } from '../../../../server/core/prng.ts';

const DAY_MS = 86_400_000;

suite('a split', () => {
  test('by time teaches nothing that was not known, label and all, before the first scored row', () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const examples = chance(seed);
      const times = examples.times as Float64Array;
      const embargoMs = (seed % 3) * 4 * DAY_MS;
      const plans = [
        byTime({ testShare: 0.25, embargoMs }), forward({ folds: 4, embargoMs }),
        defaultSplit({ seed, embargoMs }), defaultSplit({ seed, folds: 1, embargoMs }),
        atTime(50 * DAY_MS, embargoMs),
      ].map((splitter) => splitter(examples));

      for (const plan of plans) {
        assert.ok(plan.inTime);
        for (const { train, test } of plan.folds) {
          const first = Math.min(...at(times, test));
          const last = Math.max(...at(times, train));
          assert.ok(last < first && last + embargoMs <= first, `seed ${seed}: ${plan.how}`);
        }
      }
    }
  });

  test('by time drops only rows whose labels come after the cut', () => {
    const examples = chance(1);
    const times = examples.times as Float64Array;

    const [fold] = atTime(40 * DAY_MS, 7 * DAY_MS)(examples).folds as [Fold];

    const used = new Set([...fold.train, ...fold.test]);
    times.forEach((time, row) => {
      assert.equal(used.has(row), time <= 33 * DAY_MS || time >= 40 * DAY_MS);
    });
  });

  test('forward in time scores each row after the first window once, in windows of like size', () => {
    const rows = 1000;
    const times = Float64Array.from({ length: rows }, (_, row) => (row * 7919) % rows);
    const plan = forward({ folds: 4 })({ ...chance(2, rows), times });

    assert.deepEqual(plan.folds.map(({ train, test }) => [train.length, test.length]),
      [[200, 200], [400, 200], [600, 200], [800, 200]]);
    const scored = plan.folds.flatMap(({ test }) => [...at(times, test)]).sort((a, b) => a - b);
    assert.deepEqual(scored, Array.from({ length: 800 }, (_, i) => i + 200));
  });

  test('never parts rows of one time, and says where there are too few times', () => {
    const times = Float64Array.from({ length: 90 }, (_, row) => (row % 3) * DAY_MS);
    const examples = { ...chance(3, 90), times };
    const [fold] = byTime({ testShare: 0.5 })(examples).folds as [Fold];

    assert.deepEqual([...new Set(at(times, fold.train))], [0]);
    assert.throws(() => forward({ folds: 4 })(examples), TrainingError);
    assert.throws(() => byTime({ testShare: 0.5 })({ ...examples, times: new Float64Array(90) }),
      TrainingError);
  });

  test('in stratified folds scores each row once, with classes even to one row', () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const { times: _, ...examples } = chance(seed, 103 + seed);
      const plan = stratified({ folds: 5, seed })(examples);

      everyRowOnce(plan, examples.labels.length);
      const ones = plan.folds.map(({ test }) => sum(at(examples.labels, test)));
      const sizes = plan.folds.map(({ test }) => test.length);
      assert.ok(Math.max(...ones) - Math.min(...ones) <= 1, `seed ${seed}: ${ones.join(' ')}`);
      assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, `seed ${seed}: ${sizes.join(' ')}`);
    }
  });

  test('of chance is the same for the same seed, and another for another', () => {
    const { times: _, ...examples } = chance(4);
    const tests = (seed: number) => [...(stratified({ folds: 5, seed })(examples).folds[0] as Fold).test];

    assert.deepEqual(tests(1), tests(1));
    assert.notDeepEqual(tests(1), tests(2));
  });

  test('by group has no group on both sides, and folds of like size and base rate', () => {
    for (let seed = 0; seed < 20; seed += 1) {
      const { times: _, ...examples } = chance(seed, 600);
      const groups = examples.groups as Uint32Array;
      const plan = grouped({ folds: 4, seed })(examples);

      everyRowOnce(plan, 600);
      for (const { train, test } of plan.folds) {
        const taught = new Set(Array.from(train, (row) => groups[row]));
        assert.ok(test.every((row) => !taught.has(groups[row])), `seed ${seed}`);
        assert.ok(test.length > 130 && test.length < 170, `seed ${seed}: ${test.length} rows`);
        const ones = sum(at(examples.labels, test)) / sum(examples.labels);
        assert.ok(ones > 0.15 && ones < 0.35, `seed ${seed}: ${ones} of the ones`);
      }
    }
  });

  test('that would shuffle rows with times is refused, or says so where it is asked for', () => {
    const examples = chance(5);
    const of = examples.labels.map((_, row) => row % 2);

    assert.throws(() => stratified({ folds: 5, seed: 1 })(examples), /ignoreTime/);
    assert.throws(() => grouped({ folds: 5, seed: 1 })(examples), /ignoreTime/);
    assert.throws(() => givenFolds(of)(examples), /ignoreTime/);
    const plan = stratified({ folds: 5, seed: 1, ignoreTime: true })(examples);
    assert.match(plan.warnings.join(), /too good/);
    assert.equal(plan.inTime, false);
  });

  test('nobody asked for is in time, else by group, else stratified', () => {
    const { times, groups, ...plain } = chance(6);
    const how = (examples: Examples) => defaultSplit({ seed: 1 })(examples).how;

    assert.match(how({ ...plain, times: times!, groups: groups! }), /^forward in time/);
    assert.match(how({ ...plain, groups: groups! }), /whole groups/);
    assert.match(how(plain), /stratified/);
    assert.equal(defaultSplit({ seed: 1, folds: 1 })(plain).folds.length, 1);
  });

  test('nobody asked for of few times has each of them as a window, labels known before it', () => {
    const month = 30 * DAY_MS;
    const times = Float64Array.from({ length: 120 }, (_, row) => (row % 4) * month);
    const { folds, inTime } = defaultSplit({ seed: 1, embargoMs: month })({ ...chance(9, 120), times });

    assert.ok(inTime);
    assert.deepEqual(folds.map(({ train, test }) => [train.length, test.length]),
      [[30, 30], [60, 30], [90, 30]]);
    const late = defaultSplit({ seed: 1, embargoMs: 2 * month })({ ...chance(9, 120), times });
    assert.deepEqual(late.folds.map(({ train }) => train.length), [30, 60]);
  });

  test('by landmarks takes the rows of those days, and refuses labels not yet known', () => {
    const days = [10, 20, 30, 40];
    const times = Float64Array.from({ length: 40 }, (_, row) => (days[row % 4] as number) * DAY_MS);
    const examples = { ...chance(7, 40), times };
    const on = (train: number[], test: number[], horizon: number) => landmarks({
      train: train.map((day) => day * DAY_MS),
      test: test.map((day) => day * DAY_MS),
      horizonMs: horizon * DAY_MS,
    });

    const [fold] = on([10, 20], [40], 20)(examples).folds as [Fold];

    assert.ok(fold.train.every((row) => row % 4 < 2) && fold.train.length === 20);
    assert.ok(fold.test.every((row) => row % 4 === 3) && fold.test.length === 10);
    assert.throws(() => on([10, 30], [40], 20), /1970-01-31/);
  });

  test('given as a file is read with and without a name and a row number', () => {
    assert.deepEqual([...parseFolds('fold\n0\n1\n0\n')], [0, 1, 0]);
    assert.deepEqual([...parseFolds('1\n0\n')], [1, 0]);
    assert.deepEqual([...parseFolds('row,fold\n0,2\n1,0\n')], [2, 0]);
    assert.throws(() => parseFolds('fold\n1\nx\n'), /line 3/);
    const { times: _, ...examples } = chance(8, 3);
    assert.deepEqual(givenFolds([0, 1, 0])(examples).folds.map(({ test }) => [...test]), [[0, 2], [1]]);
    assert.throws(() => givenFolds([0, 1])(examples), /2 folds for 3 rows/);
  });

  test('with an empty part, a row twice or one that is not there is refused', () => {
    const rows = (...of: number[]) => Uint32Array.from(of);
    assert.throws(() => new Fold(rows(), rows(1), 3), /learn/);
    assert.throws(() => new Fold(rows(1), rows(), 3), /scored/);
    assert.throws(() => new Fold(rows(0, 1), rows(1), 3), /row 1 twice/);
    assert.throws(() => new Fold(rows(0, 3), rows(1), 3), /row 3/);
  });
});

/** Rows over 100 days, a fifth of them ones, of customers who have up to some ten rows. */
function chance(seed: number, rows = 400): Examples & { times: Float64Array } {
  const prng = new Prng(seed);
  return {
    table: { rows, columns: [numbers('x', prng.row(rows))] },
    labels: Float64Array.from({ length: rows }, () => (prng.float() < 0.2 ? 1 : 0)),
    times: Float64Array.from({ length: rows }, () => prng.below(100) * DAY_MS),
    groups: Uint32Array.from({ length: rows }, () => prng.below(rows / 4)),
  };
}

function everyRowOnce(plan: Plan, rows: number): void {
  const scored = plan.folds.flatMap(({ test }) => [...test]).sort((a, b) => a - b);
  assert.deepEqual(scored, Array.from({ length: rows }, (_, row) => row));
  for (const { train, test } of plan.folds) assert.equal(train.length + test.length, rows);
}

function at(values: Float64Array, rows: Uint32Array): Float64Array {
  return Float64Array.from(rows, (row) => values[row] as number);
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
