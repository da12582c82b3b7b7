import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { findLeaks } from '../../../../models/learn/leaks/detect.ts';
import type { LeakCase } from '../../../../models/learn/leaks/finding.ts';
import { overSample } from '../../../../models/learn/sampling/random.ts';
import { smote } from '../../../../models/learn/sampling/smote.ts';
import { givenFolds } from '../../../../models/learn/split/given.ts';
import { landmarks } from '../../../../models/learn/split/landmarks.ts';
import { stratified } from '../../../../models/learn/split/stratified.ts';
import { dropColumns, numbers, type Examples } from '../../../../models/learn/table.ts';
import { resampledWhole } from '../../../support/learn-cases.ts';
import { realData } from '../../../support/real-data.ts';
import { shoppers, telco } from '../../../support/real-tables.ts';

const CDNOW = 'cdnow/cdnow_master.csv.gz';
const DAY_MS = 86_400_000;

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

  test('passes CDNOW customers on fixed days, and fails a column counted past them', {
    skip: realData(CDNOW).skip,
  }, () => {
    const { examples, plan, known } = cdnowAtLandmarks();

    assert.deepEqual(findLeaks({ examples, plan }).filter(({ severity }) => severity === 'fail'), []);
    // Orders of the days that the label is about: most customers have none.
    const { labels, table } = examples;
    const after = numbers('orders_soon', labels.map((label, row) => (label === 1 ? 1 + (row % 3) : 0)));
    const leaky = { ...examples, table: { ...table, columns: [...table.columns, after] } };
    const rules = (of: Partial<LeakCase>) =>
      findLeaks({ examples: leaky, plan, ...of }).filter(({ severity }) => severity === 'fail')
        .map(({ rule, column }) => `${rule} ${column}`);
    assert.deepEqual(rules({}), ['nearly-label orders_soon']);
    assert.deepEqual(rules({ known: { orders_soon: known } }),
      ['after-outcome orders_soon', 'nearly-label orders_soon']);
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

/** Who buys within 30 days, of what each customer did before: four days of looking, the last scored. */
function cdnowAtLandmarks() {
  const orders = new Map<number, { atMs: number; spent: number }[]>();
  const text = gunzipSync(readFileSync(realData(CDNOW).path)).toString().trimEnd();
  for (const line of text.split('\n').slice(1)) {
    const [customer, date, , spent] = line.split(',') as [string, string, string, string];
    const list = orders.get(Number(customer)) ?? [];
    list.push({ atMs: Date.parse(date), spent: Number(spent) });
    orders.set(Number(customer), list);
  }
  const days = ['1997-06-30', '1997-07-31', '1997-08-31', '1997-09-30'].map((day) => Date.parse(day));
  const rows = days.flatMap((day) => [...orders].flatMap(([customer, all]) => {
    const past = all.filter(({ atMs }) => atMs <= day);
    if (past.length === 0) return [];
    const last = past.at(-1)!.atMs;
    const within = (from: number) => past.filter(({ atMs }) => atMs > day - from * DAY_MS).length;
    const soon = all.some(({ atMs }) => atMs > day && atMs <= day + 30 * DAY_MS);
    return [{
      customer, day, label: soon ? 1 : 0,
      cells: {
        recency: (day - last) / DAY_MS, age: (day - past[0]!.atMs) / DAY_MS, orders: past.length,
        spent: past.reduce((sum, { spent }) => sum + spent, 0), last_30: within(30), last_90: within(90),
      },
    }];
  }));
  const names = Object.keys(rows[0]!.cells) as (keyof (typeof rows)[0]['cells'])[];
  const examples: Examples = {
    table: {
      rows: rows.length,
      columns: names.map((name) => numbers(name, rows.map(({ cells }) => cells[name]))),
    },
    labels: Float64Array.from(rows, ({ label }) => label),
    times: Float64Array.from(rows, ({ day }) => day),
    groups: Uint32Array.from(rows, ({ customer }) => customer),
  };
  const plan = landmarks({
    train: days.slice(0, 3), test: days.slice(3), horizonMs: 30 * DAY_MS,
  })(examples);
  return { examples, plan, known: Float64Array.from(rows, ({ day }) => day + 30 * DAY_MS) };
}
