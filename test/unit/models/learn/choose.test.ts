import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { choosing } from '../../../../models/learn/choose.ts';
import type { Learner } from '../../../../models/learn/learner.ts';
import { linear } from '../../../../models/learn/linear/linear.ts';
import { calibrationError } from '../../../../models/learn/metrics/calibration-error.ts';
import { rocAuc } from '../../../../models/learn/metrics/ranking.ts';
import { featureRows, learnedColumns } from '../../../../models/learn/rows.ts';
import { eachTime } from '../../../../models/learn/split/each-time.ts';
import { stratified } from '../../../../models/learn/split/stratified.ts';
import { numbers, type Examples, type Table } from '../../../../models/learn/table.ts';
import { boostedTrees } from '../../../../models/learn/trees/boosting.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { runOnnx } from '../../../support/run-model-file.ts';

const split = stratified({ folds: 2, seed: 1 });
const trees = boostedTrees({ trees: 40, leaves: 6 });

/** Log-odds that are a line, or that only a tree sees. */
function data(kind: 'line' | 'corner', seed: number, rows = 1500): Examples {
  const prng = new Prng(seed);
  const [a, b] = [0, 1].map(() => Float64Array.from({ length: rows }, () => prng.normal()));
  const labels = a!.map((x, row) => {
    const z = kind === 'line' ? 1.5 * x - b![row]! : (x > 0) === (b![row]! > 0) ? 2 : -2;
    return prng.float() < 1 / (1 + Math.exp(-z)) ? 1 : 0;
  });
  return { table: { rows, columns: [numbers('a', a!), numbers('b', b!)] }, labels };
}

/** Says what another learner does, far too sure of itself. */
function bold(learner: Learner): Learner {
  return {
    name: `bold ${learner.name}`,
    fit(examples, seed) {
      const fitted = learner.fit(examples, seed);
      return { predict: (table: Table) => fitted.predict(table).map((p) => p ** 3 / (p ** 3 + (1 - p) ** 3)) };
    },
  };
}

suite('A learner that chooses', () => {
  test('takes the member that tells held-out rows best', () => {
    const learner = choosing({ members: [{ learner: linear() }, { learner: trees }], split });

    assert.match(learner.fit(data('line', 1), 1).choice, /^logistic regression/);
    assert.match(learner.fit(data('corner', 2), 1).choice, /^boosted trees/);
  });

  test('takes the mean of two where that is better, and its file answers alike', async () => {
    const examples = data('line', 3);
    const other = boostedTrees({ trees: 60, leaves: 4, columnShare: 0.5, rowShare: 0.5 });
    const chosen = choosing({
      members: [{ learner: trees }, { learner: other }], means: [[0, 1]], split,
    }).fit(examples, 1);
    const rows = featureRows(learnedColumns(examples.table), examples.table);

    const got = await runOnnx(chosen.onnx!(), { features: [rows, [1500, 2]] }, 'probability');

    const least = Math.min(...Object.values(chosen.losses));
    assert.equal(chosen.losses[chosen.choice.replace(/, (Platt|beta)$/, '')], least);
    assert.equal(Object.keys(chosen.losses).length, 3);
    chosen.predict(examples.table).forEach((p, row) => assert.ok(Math.abs(p - got[row]!) < 1e-5));
  });

  test('calibrates what is too sure of itself, and leaves alone what is not', () => {
    const later = data('line', 5);
    const fit = (learner: Learner) => choosing({ members: [{ learner }], split }).fit(data('line', 4), 1);

    const mended = fit(bold(linear()));
    const honest = fit(linear());

    assert.notEqual(mended.curve, 'none');
    assert.equal(honest.curve, 'none');
    const said = mended.predict(later.table);
    assert.ok(calibrationError(said, later.labels) < 0.04);
    assert.equal(rocAuc(said, later.labels).toFixed(3),
      rocAuc(honest.predict(later.table), later.labels).toFixed(3));
    assert.equal(mended.onnx, undefined); // its member has no file
  });

  test('with few times, each that has enough before it is a window', () => {
    const { table, labels } = data('line', 6, 100);
    const times = Float64Array.from({ length: 100 }, (_, row) => [7, 3, 9, 5][row % 4]!);

    const { folds, inTime } = eachTime({ firstShare: 0.4 })({ table, labels, times });

    assert.ok(inTime);
    assert.deepEqual(folds.map(({ train, test: scored }) => [train.length, scored.length]),
      [[50, 25], [75, 25]]);
    for (const { train, test: scored } of folds) {
      assert.ok(Math.max(...[...train].map((row) => times[row]!)) < times[scored[0]!]!);
    }
  });
});
