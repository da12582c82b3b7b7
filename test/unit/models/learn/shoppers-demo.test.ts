import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { rule } from '../../../../models/learn/baselines.ts';
import { isotonic } from '../../../../models/learn/calibration/isotonic.ts';
import { evaluate } from '../../../../models/learn/evaluate.ts';
import { smote } from '../../../../models/learn/sampling/smote.ts';
import { holdOut } from '../../../../models/learn/split/default.ts';
import { givenFolds } from '../../../../models/learn/split/given.ts';
import { stratified } from '../../../../models/learn/split/stratified.ts';
import { dropColumns, type Column, type Examples } from '../../../../models/learn/table.ts';
import { trainTable } from '../../../../models/learn/train-table.ts';
import { boostedTrees } from '../../../../models/learn/trees/boosting.ts';
import { forest } from '../../../../models/learn/trees/forest.ts';
import { resampledWhole } from '../../../support/learn-cases.ts';
import { shoppers } from '../../../support/real-tables.ts';

const TREES = boostedTrees({ trees: 150, rate: 0.1 });

suite('a training on Online Shoppers', () => {
  test('ends at PageValues; without it, it is promoted and says so', { skip: shoppers.skip }, async () => {
    const { examples, folds } = shoppers.read();
    const learn = {
      learner: TREES, inner: holdOut(stratified({ folds: 5, seed: 3 })), calibrator: isotonic,
    };
    const training = { seed: 1, learn, split: givenFolds(folds), rules: [rule('leaves late', late)] };

    await assert.rejects(trainTable({ examples, ...training }), /dominant: PageValues: alone it has/);
    const { verdict, evaluation } = await trainTable({ examples: without(examples), ...training });

    assert.ok(verdict.promoted);
    assert.ok(evaluation.scores.auc > 0.76, String(evaluation.scores.auc));
    assert.ok(evaluation.scores.ece < 0.03, String(evaluation.scores.ece));
  });

  test('with SMOTE inside the folds is no better, and warned of', { skip: shoppers.skip }, () => {
    const { examples, folds } = shoppers.read();
    const honest = without(examples);

    const { warnings, scores, sampling } = evaluate(
      { learner: TREES, sampler: smote() }, honest, givenFolds(folds)(honest), { seed: 1 });

    assert.match(warnings.join('\n'), /SMOTE to 1 : 1, 5 neighbours hurts calibration: ECE 0\.0[12]/);
    assert.match(warnings.join('\n'), /does not lift AUC|ranks worse/);
  });

  test('with SMOTE before the split has the figures of the papers: they are not true', {
    skip: shoppers.skip,
  }, () => {
    const honest = without(shoppers.read().examples);
    const made = resampledWhole(smote(), honest);
    const learner = forest({ trees: 25 });

    const auc = (of: Examples) =>
      evaluate({ learner }, of, stratified({ folds: 3, seed: 1 })(of), { seed: 1 }).scores.auc;
    const [leaked, true_] = [auc(made), auc(honest)];

    assert.ok(leaked > 0.92 && true_ < 0.8, `${leaked} and ${true_}`);
  });
});

function without(examples: Examples): Examples {
  return { ...examples, table: dropColumns(examples.table, ['PageValues']) };
}

/** Sessions that leave from few of the pages they see. */
function late({ columns }: Examples['table']): Float64Array {
  return (columns.find(({ name }) => name === 'ExitRates') as Column).values.map((rate) => -rate);
}
