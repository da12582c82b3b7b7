/**
 * The bars of the tabular models on real tables: everything is chosen within the rows that a fold
 * learns from. Reference: scikit-learn's histogram boosting has .931 / .744 (folds), its forest
 * .845 / .669 (months); without PageValues .777 / .361; logistic regression .845 on Telco.
 */
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { evaluateFolds } from '../../../support/evaluate-folds.ts';
import { shoppers, telco } from '../../../support/real-tables.ts';
import { dropColumns, type Examples } from '../../../../models/learn/table.ts';
import { bestTrees } from '../../../../models/recipes/table/candidates.ts';
import { givenFolds } from '../../../../models/learn/split/given.ts';
import { atTime } from '../../../../models/learn/split/time.ts';

const MONTHS = ['Feb', 'Mar', 'May', 'June', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const without = (examples: Examples, name: string): Examples =>
  ({ ...examples, table: dropColumns(examples.table, [name]) });

suite('Purchase intent on Online Shoppers', { skip: shoppers.skip }, () => {
  test('folds: AUC .931, PR-AUC .744, ECE .03 or better', () => {
    const { examples, folds } = shoppers.read();

    const scores = evaluateFolds(bestTrees(1), examples, givenFolds(folds));

    assert.ok(scores.auc >= 0.931 && scores.prAuc >= 0.744, JSON.stringify(scores));
    assert.ok(scores.ece <= 0.03 && scores.eceEqualWidth <= 0.03, JSON.stringify(scores));
  });

  test('the last two months from the months before: AUC .845, PR-AUC .669 or better', () => {
    const { examples } = shoppers.read();
    const month = examples.table.columns.find(({ name }) => name === 'Month')!;
    const times = month.values.map((code) => MONTHS.indexOf(month.categories![code]!));
    const dated = { ...without(examples, 'Month'), times };

    const scores = evaluateFolds(bestTrees(1), dated, atTime(MONTHS.indexOf('Nov')));

    assert.ok(scores.auc >= 0.845 && scores.prAuc >= 0.669, JSON.stringify(scores));
  });

  test('without PageValues, one ensemble: AUC .777, PR-AUC .361, ECE .03 or better', () => {
    const { examples, folds } = shoppers.read();
    const live = without(examples, 'PageValues');

    const scores = evaluateFolds(bestTrees(1, { single: true }), live, givenFolds(folds));

    assert.ok(scores.auc >= 0.777 && scores.prAuc >= 0.361, JSON.stringify(scores));
    assert.ok(scores.ece <= 0.03, JSON.stringify(scores));
  });
});

suite('Churn on Telco', { skip: telco.skip }, () => {
  test('folds: AUC .847 or better', () => {
    const { examples, folds } = telco.read();

    const scores = evaluateFolds(bestTrees(1), examples, givenFolds(folds));

    assert.ok(scores.auc >= 0.847, JSON.stringify(scores));
  });
});
