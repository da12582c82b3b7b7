import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { findLeaks } from '../../../../models/learn/leaks/detect.ts';
import type { LeakCase } from '../../../../models/learn/leaks/finding.ts';
import { overSample } from '../../../../models/learn/sampling/random.ts';
import { smote } from '../../../../models/learn/sampling/smote.ts';
import { givenFolds } from '../../../../models/learn/split/given.ts';
import { stratified } from '../../../../models/learn/split/stratified.ts';
import { dropColumns, type Examples } from '../../../../models/learn/table.ts';
import { resampledWhole } from '../../../support/learn-cases.ts';
import { shoppers, telco } from '../../../support/real-tables.ts';

suite('the detector of leaks on real tables', () => {
  test('fails PageValues of Online Shoppers, and nothing else there', { skip: shoppers.skip }, () => {
    const { examples, folds } = shoppers.read();
    const split = givenFolds(folds);

    const [finding, ...rest] = failures(examples, split);
    assert.equal(finding?.rule, 'dominant');
    assert.equal(finding.column, 'PageValues');
    assert.match(finding.evidence, /is 0 in 89 % of the rows with label 0 but in 19 % of the others/);
    assert.deepEqual(rest, []);
    assert.deepEqual(failures(without(examples), split), []);
    assert.deepEqual(failures(examples, split, { known: { PageValues: 'before' } }), []);
  });

  test('tells the 125 duplicates of Online Shoppers and does not fail them', { skip: shoppers.skip }, () => {
    const { examples, folds } = shoppers.read();
    const found = findLeaks({ examples: without(examples), plan: givenFolds(folds)(examples) });

    assert.deepEqual(found.map(({ rule, severity }) => `${severity} ${rule}`), ['warn duplicates']);
  });

  test('passes Telco', { skip: telco.skip }, () => {
    const { examples, folds } = telco.read();

    assert.deepEqual(failures(examples, givenFolds(folds)), []);
  });

  test('fails SMOTE and over-sampling before the split', { skip: shoppers.skip || telco.skip }, () => {
    for (const honest of [without(shoppers.read().examples), telco.read().examples]) {
      const rules = (examples: Examples) =>
        failures(examples, stratified({ folds: 5, seed: 1 })).map(({ rule }) => rule);

      assert.ok(rules(resampledWhole(smote(), honest)).includes('made-up-rows'));
      assert.ok(rules(resampledWhole(overSample(), honest)).includes('copied-rows'));
    }
  });
});

function failures(examples: Examples, split: (of: Examples) => LeakCase['plan'], of: Partial<LeakCase> = {}) {
  return findLeaks({ examples, plan: split(examples), ...of })
    .filter(({ severity }) => severity === 'fail');
}

function without(examples: Examples): Examples {
  return { ...examples, table: dropColumns(examples.table, ['PageValues']) };
}
