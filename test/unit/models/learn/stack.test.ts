import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fitAll } from '../../../../models/learn/fit-within.ts';
import type { Learner } from '../../../../models/learn/learner.ts';
import { logLoss } from '../../../../models/learn/metrics/probability.ts';
import { classWeights } from '../../../../models/learn/sampling/class-weights.ts';
import { smote } from '../../../../models/learn/sampling/smote.ts';
import { stratified } from '../../../../models/learn/split/stratified.ts';
import { averaging, bagging } from '../../../../models/learn/stack/average.ts';
import { blendOf, fitBlend } from '../../../../models/learn/stack/logit-blend.ts';
import { stacking } from '../../../../models/learn/stack/stacking.ts';
import { takeExamples, type Examples } from '../../../../models/learn/table.ts';
import { boostedTrees } from '../../../../models/learn/trees/boosting.ts';
import { featureRows, learnedColumns } from '../../../../models/learn/rows.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { HONEST } from '../../../support/learn-cases.ts';
import { baseRate, logistic, nearest, spy } from '../../../support/learners.ts';
import { runOnnx } from '../../../support/run-model-file.ts';

const PLAIN = HONEST['plain numbers'] as (seed: number) => Examples;
const TREES = boostedTrees({ trees: 20, leaves: 4 });
const split = stratified({ folds: 4, seed: 1 });

suite('a stack of learners', () => {
  test('asks its members about rows that they did not learn from: one that memorises has no say', () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const examples = part(PLAIN(seed), 400);
      const members = [{ learner: logistic(100) }, { learner: nearest(1) }];

      const { blend } = stacking({ members, split }).fit(examples, seed);

      const [honest, memory] = blend.weights as [number, number];
      assert.ok(memory < 0.05 && honest > 0.5, `seed ${seed}: ${blend.weights.join(' ')}`);
    }
  });

  test('is no worse on new rows than its best member', () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const all = PLAIN(seed);
      const [train, test] = [part(all, 800), part(all, 400, 800)];
      const members = [logistic(100), TREES, baseRate];
      const loss = (learner: Learner) =>
        logLoss(learner.fit(train, seed).predict(test.table), test.labels);

      const stack = loss(stacking({ members: members.map((learner) => ({ learner })), split }));
      const best = Math.min(...members.map(loss));

      assert.ok(stack < best * 1.02, `seed ${seed}: ${stack} against ${best}`);
    }
  });

  test('samples within each of its folds, and refuses rows that were sampled before', () => {
    const examples = PLAIN(1);
    const seen: Examples[] = [];
    const member = { learner: spy(seen), sampler: smote() };

    stacking({ members: [member], split }).fit(examples, 1);

    const rows = seen.map(({ labels }) => labels.length);
    assert.equal(rows.length, 5);
    assert.ok(rows.slice(0, 4).every((count) => count < (rows[4] as number) * 0.8), rows.join(' '));
    assert.throws(() => fitAll({
      learner: averaging([stacking({ members: [member], split }), baseRate]), sampler: smote(),
    }, examples, 1), /give the sampler to its members/);
  });

  test('blends at the least penalised loss with weights of 0 or more', () => {
    for (let seed = 0; seed < 10; seed += 1) {
      const prng = new Prng(seed);
      const labels = Float64Array.from({ length: 300 }, () => prng.below(2));
      const say = (skill: number) => labels.map((label) =>
        1 / (1 + Math.exp(-(skill * (2 * label - 1) + prng.normal()))));
      const members = [say(1), say(0.3), say(-0.5)];
      const loss = (weights: readonly number[], shift: number) => labels.reduce((sum, label, row) => {
        const p = blendOf({ weights, shift }, members.map((of) => of[row] as number));
        return sum - Math.log(label === 1 ? p : 1 - p);
      }, 0);

      const { weights, shift } = fitBlend(members, labels);

      assert.ok(weights.every((weight) => weight >= 0) && weights[2] === 0, weights.join(' '));
      // The kept members' penalty is to their even share; no small step lowers the sum.
      const kept = weights.filter((weight) => weight > 0).length;
      const cost = (of: readonly number[], at: number) => loss(of, at) +
        of.reduce((sum, weight, i) => sum + (weights[i]! > 0 ? (weight - 1 / kept) ** 2 / 2 : 0), 0);
      const least = cost(weights, shift);
      for (let i = 0; i < 3; i += 1) {
        for (const step of [-1e-3, 1e-3]) {
          const moved = weights.map((weight, at) => (at === i ? weight + step : weight));
          if (weights[i]! > 0) assert.ok(cost(moved, shift) > least);
          assert.ok(cost(weights, shift + step) > least);
        }
      }
    }
  });

  test('shares the say of members that repeat each other', () => {
    const prng = new Prng(1);
    const labels = Float64Array.from({ length: 300 }, () => prng.below(2));
    const one = labels.map((label) => 0.3 + 0.3 * label + 0.1 * prng.float());

    const { weights } = fitBlend([one, one.slice()], labels);

    assert.ok(Math.abs(weights[0]! - weights[1]!) < 1e-6);
  });

  test('by mean says the weighted mean, and by bagging that of seeds, the same every time', () => {
    const examples = part(PLAIN(2), 150);
    const say = (learner: Learner, seed: number) => learner.fit(examples, seed).predict(examples.table);
    const [a, b] = [say(logistic(50), 1), say(nearest(9), 2)];

    const mean = say(averaging([logistic(50), nearest(9)], [3, 1]), 1);
    assert.ok(mean.every((value, row) => Math.abs(value - (0.75 * a[row]! + 0.25 * b[row]!)) < 1e-12));
    const bag = bagging(nearest(1), 8, { draw: true });
    assert.deepEqual(say(bag, 1), say(bag, 1));
    assert.notDeepEqual(say(bag, 1), say(bag, 2));
    assert.ok(new Set(say(bag, 1)).size > 3); // of many runs, not one
    assert.throws(() => averaging([baseRate], [0]), /weights 0/);
    assert.throws(() => averaging([]), /0 learners/);
  });

  test('is a model file where its members are, sampled or not, with the same answers', async () => {
    const examples = PLAIN(3);
    const weighted = { learner: TREES, sampler: classWeights(), keepOdds: true };
    const models: Learner[] = [
      averaging([TREES, boostedTrees({ trees: 5 })], [2, 1]), bagging(TREES, 3, { draw: true }),
      stacking({ members: [{ learner: TREES }, weighted], split }),
    ];

    for (const learner of models) {
      const fitted = learner.fit(examples, 1);
      const said = fitted.predict(examples.table);
      const rows = featureRows(learnedColumns(examples.table), examples.table);
      const { rows: count, columns } = examples.table;
      const inputs = { features: [rows, [count, columns.length]] as const };
      const file = await runOnnx(fitted.onnx!(), inputs, 'probability');
      file.forEach((value, row) => assert.ok(Math.abs(value - said[row]!) < 1e-5, learner.name));
    }
    assert.equal(averaging([TREES, baseRate]).fit(examples, 1).onnx, undefined);
  });
});

function part(examples: Examples, count: number, from = 0): Examples {
  return takeExamples(examples, Array.from({ length: count }, (_, row) => from + row));
}
