import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { linear } from '../../../../models/learn/linear/linear.ts';
import { featureRows, learnedColumns } from '../../../../models/learn/rows.ts';
import { dropColumns } from '../../../../models/learn/table.ts';
import { boostedTrees } from '../../../../models/learn/trees/boosting.ts';
import { drawnByLot } from '../../../../models/uplift/by-lot.ts';
import { compareUplift, gainPerThousand } from '../../../../models/uplift/compare.ts';
import {
  byMoment, classTransformation, purchaseProbability, sLearner, tLearner,
} from '../../../../models/uplift/learners.ts';
import { rankActions } from '../../../../models/uplift/next-action.ts';
import { qiniCoefficient, qiniCurve, upliftAt, upliftCurve } from '../../../../models/uplift/qini.ts';
import { MOMENTS, simulateTrial } from '../../../../models/uplift/simulation.ts';
import { checkTrial } from '../../../../models/uplift/trial.ts';
import { runOnnx } from '../../../support/run-model-file.ts';

const trial = simulateTrial({ rows: 8000, seed: 1 });
const scored = compareUplift(trial, [
  tLearner(linear()), classTransformation(linear()), sLearner(linear()),
  byMoment(tLearner(linear()), 'moment'), purchaseProbability(linear()),
], { seed: 1, moment: 'moment' });
const probability = scored.at(-1)!;
const learners = scored.slice(0, -1);
const timed = learners.at(-1)!;
const best = qiniCoefficient(trial.effects, trial.outcomes, trial.treated); // of the true effects

suite('Qini', () => {
  test('is what scikit-uplift’s definitions give', () => {
    const { sets } = JSON.parse(
      readFileSync('test/unit/models/uplift/vectors/qini.json', 'utf8')) as { sets: {
        outcomes: number[]; treated: number[]; scores: number[]; qini: number; qini_area: number;
        uplift_area: number; at?: Record<string, number>;
      }[]; };
    for (const { outcomes, treated, scores, qini, qini_area, uplift_area, at = {} } of sets) {
      near(qiniCoefficient(scores, outcomes, treated), qini);
      near(area(qiniCurve(scores, outcomes, treated)), qini_area);
      near(area(upliftCurve(scores, outcomes, treated)), uplift_area);
      for (const [share, want] of Object.entries(at)) {
        near(upliftAt(scores, outcomes, treated, Number(share)), want);
      }
    }
  });

  test('of the perfect order is 1, of the reverse below 0, of one score for all 0', () => {
    const { outcomes, treated } = trial;
    const perfect = outcomes.map((outcome, row) => (treated[row] ? outcome : -outcome));

    near(qiniCoefficient(perfect, outcomes, treated), 1);
    assert.ok(qiniCoefficient(perfect.map((score) => -score), outcomes, treated) < 0);
    near(qiniCoefficient(new Float64Array(outcomes.length), outcomes, treated), 0);
  });
});

suite('Uplift', () => {
  test('finds persuadables and sleeping dogs, whom the chance of a purchase ranks the wrong way', () => {
    for (const { name, scores } of learners) {
      const mean = meansByKind(scores);
      assert.ok(mean['persuadable']! > mean['sure thing']! + 0.08, name);
      assert.ok(mean['persuadable']! > mean['lost cause']! + 0.05, name);
      assert.ok(mean['sleeping dog']! < 0, name);
    }
    const mean = meansByKind(probability.scores);
    assert.ok(mean['sleeping dog']! > mean['persuadable']!);
  });

  test('of every learner ranks far better than the chance of a purchase, out of fold', () => {
    for (const { name, qini } of learners) {
      assert.ok(qini > 0.75 * best, `${name}: ${qini} of ${best}`);
    }
    assert.ok(probability.qini < 0);
  });

  test('is a model file that answers as it predicts', async () => {
    const columns = learnedColumns(trial.table);
    const rows = featureRows(columns, trial.table);
    for (const learner of [
      tLearner(linear()), classTransformation(linear()), tLearner(boostedTrees({ trees: 20, leaves: 6 })),
    ]) {
      const fitted = learner.fit(trial, 1);

      const said = await runOnnx(
        fitted.onnx!(columns.length), { features: [rows, [trial.table.rows, columns.length]] }, 'uplift');

      fitted.predict(trial.table).forEach((uplift, row) =>
        assert.ok(Math.abs(uplift - said[row]!) < 1e-5, `${learner.name} row ${row}`));
    }
  });

  test('is near the true effect', () => {
    let square = 0;
    let spread = 0;
    trial.effects.forEach((effect, row) => {
      square += (effect - timed.scores[row]!) ** 2;
      spread += (effect - 0.035) ** 2;
    });
    assert.ok(square < 0.6 * spread, `${square / spread}`);
  });

  test('times value at the best moment truly earns several times what the likely buyers do', () => {
    const { values, effects, effectsAt } = trial;
    const truly = (scores: Float64Array, effect: (row: number) => number): number => {
      const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
      return order.slice(0, 2400).reduce((sum, row) => sum + effect(row) * values[row]!, 0);
    };
    const { uplift, moment } = timed.timed!;
    const order = [...MOMENTS].sort(); // categories are in order of their names
    const at = (row: number): number => effectsAt[row * 3 + MOMENTS.indexOf(order[moment[row]!]!)]!;

    const then = truly(uplift.map((each, row) => each * values[row]!), at);
    const untimed = truly(timed.scores.map((each, row) => each * values[row]!), (row) => effects[row]!);
    const likely = truly(probability.scores, (row) => effects[row]!);

    assert.ok(then > 1.2 * untimed, `${then} ${untimed}`);
    assert.ok(untimed > 2 * Math.max(0, likely), `${untimed} ${likely}`);
  });

  test('is measured on the trial as it truly is', () => {
    const { values, effects, treated, outcomes } = trial;
    const scores = timed.scores.map((each, row) => each * values[row]!);
    const order = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]!);
    const truly = order.slice(0, 2400)
      .reduce((sum, row) => sum + (1000 / 8000) * effects[row]! * values[row]!, 0);

    const measured = gainPerThousand({ ...trial, treated, outcomes }, scores, 0.3);

    assert.ok(Math.abs(measured - truly) < 0.35 * truly, `${measured} is not near ${truly}`);
  });

  test('by class transformation holds for arms of other sizes than half and half', () => {
    const uneven = simulateTrial({ rows: 8000, seed: 2, treatedShare: 0.2 });
    const [scores] = compareUplift(uneven, [classTransformation(linear())], { seed: 1 });

    const mean = scores!.scores.reduce((sum, score) => sum + score, 0) / 8000;
    const most = qiniCoefficient(uneven.effects, uneven.outcomes, uneven.treated);
    assert.ok(scores!.qini > 0.6 * most, `${scores!.qini} of ${most}`);
    assert.ok(Math.abs(mean - uneven.effects.reduce((sum, e) => sum + e, 0) / 8000) < 0.03, `${mean}`);
  });
});

suite('A trial', () => {
  const learner = boostedTrees({ trees: 30, leaves: 8 });

  test('that was drawn by lot is taken for one', () => {
    for (const seed of [1, 2, 3]) {
      const { ok, auc } = drawnByLot(simulateTrial({ rows: 2000, seed }), learner, 1);
      assert.ok(ok, `AUC ${auc}`);
    }
  });

  test('in which good customers got the coupon is not', () => {
    const orders = trial.table.columns[0]!.values;
    const treated = trial.treated.map((arm, row) => (row % 3 === 0 ? Number(orders[row]! > 5) : arm));

    const { ok, auc } = drawnByLot({ ...trial, treated }, learner, 1);

    assert.ok(!ok && auc > 0.55, `AUC ${auc}`);
  });

  test('with too few outcomes, or other ones than 0 and 1, is refused', () => {
    const none = { ...trial, outcomes: new Float64Array(8000) };
    assert.throws(() => checkTrial(none), { name: 'TrainingError', message: /0 have the outcome/ });
    const money = { ...trial, outcomes: trial.values };
    assert.throws(() => checkTrial(money), { name: 'TrainingError', message: /0 or 1/ });
  });
});

suite('The next action', () => {
  test('ranks by what is gained: uplift times value, less the coupon', () => {
    const actions = rankActions([0.1, 0.05, -0.2, 0.02], { values: [10, 100, 50, 1], cost: 0.5 });

    assert.deepEqual(actions.map(({ row }) => row), [1, 0, 3, 2]);
    assert.deepEqual(actions.map(({ gain }) => Math.round(gain * 100) / 100), [4.5, 0.5, -0.48, -10.5]);
  });

  test('the moment need not be a column to learn from', () => {
    const without = { ...trial, table: dropColumns(trial.table, ['moment']) };
    const [scores] = compareUplift(without, [tLearner(linear())], { seed: 1 });

    assert.equal(scores!.timed, null);
    assert.ok(scores!.qini > 0.5 * best);
  });
});

function meansByKind(scores: Float64Array): Record<string, number> {
  const sums = new Map<string, [number, number]>();
  trial.kinds.forEach((kind, row) => {
    const [sum, count] = sums.get(kind) ?? [0, 0];
    sums.set(kind, [sum + scores[row]!, count + 1]);
  });
  return Object.fromEntries([...sums].map(([kind, [sum, count]]) => [kind, sum / count]));
}

function area({ rows, gain }: { rows: Float64Array; gain: Float64Array }): number {
  let sum = 0;
  for (let i = 1; i < rows.length; i += 1) sum += (rows[i]! - rows[i - 1]!) * (gain[i]! + gain[i - 1]!) / 2;
  return sum;
}

function near(got: number, want: number): void {
  assert.ok(Math.abs(got - want) < 1e-9, `${got} is not ${want}`);
}
