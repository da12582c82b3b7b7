import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { fitCounting, fitRegular, expectedPurchases } from '../../../../models/customers/btyd/counting.ts';
import { expectedAmount, fitSpend } from '../../../../models/customers/btyd/gamma-gamma.ts';
import { buyingSummary } from '../../../../models/customers/btyd/summary.ts';
import { readCdnow } from '../../../../models/customers/logs/cdnow.ts';
import { dayOf, purchaseLogOf } from '../../../../models/customers/purchases.ts';
import { realData } from '../../../support/real-data.ts';

const sample = realData('cdnow/cdnow_sample.csv.gz');

/** The figures that the papers print for this sample, to the digits they print. */
suite('The purchase models on the CDNOW sample', { skip: sample.skip }, () => {
  const landmark = dayOf('1997-09-30');

  test('BG/NBD is r .243, alpha 4.414, a .793, b 2.426, log-likelihood -9582.43', async () => {
    const log = purchaseLogOf(await readCdnow(sample.path));
    const { model, logLikelihood } = fitCounting(buyingSummary(log, landmark), 1, false);

    assert.equal(log.customers.length, 2357);
    assert.equal(model.r.toFixed(3), '0.243');
    assert.equal(model.alpha.toFixed(3), '4.414');
    assert.equal(model.a.toFixed(3), '0.793');
    assert.equal(model.b.toFixed(3), '2.426');
    assert.equal(logLikelihood.toFixed(2), '-9582.43');
  });

  test('BG/NBD expects 1,653 purchases in the 39 weeks after, correlation .626', async () => {
    const log = purchaseLogOf(await readCdnow(sample.path));
    const { repeats, recency, age, rows } = buyingSummary(log, landmark);
    const { model } = fitCounting(buyingSummary(log, landmark), 1, false);
    const expected = Float64Array.from({ length: rows }, (_, i) =>
      expectedPurchases(model, repeats[i]!, recency[i]!, age[i]!, 39));
    const happened = Float64Array.from(log.customers, ({ days }) =>
      days.filter((day) => day > landmark && day <= landmark + 39 * 7).length);

    assert.equal(Math.round(total(expected)), 1653);
    assert.equal(total(happened), 1882);
    assert.equal(correlation(expected, happened).toFixed(3), '0.626');
  });

  test('Gamma-Gamma is p 6.25, q 3.74, v 15.44 on the 946 who came back', async () => {
    const summary = buyingSummary(purchaseLogOf(await readCdnow(sample.path)), landmark);
    const { model, customers } = fitSpend(summary);
    const amounts = Array.from(summary.repeats, (x, i) =>
      expectedAmount(model, x, summary.meanAmount[i]!));

    assert.equal(customers, 946);
    assert.equal(model.p.toFixed(2), '6.25');
    assert.equal(model.q.toFixed(2), '3.74');
    assert.ok(Math.abs(model.v - 15.445) < 0.01, `v ${model.v}`);
    assert.equal((total(amounts) / amounts.length).toFixed(2), '35.25');
  });

  test('times between purchases are no more regular than chance: k is 1', async () => {
    const summary = buyingSummary(purchaseLogOf(await readCdnow(sample.path)), landmark);

    assert.equal(fitRegular(summary).model.k, 1);
  });
});

function total(values: ArrayLike<number>): number {
  return Array.from(values).reduce((sum, value) => sum + value, 0);
}

function correlation(a: Float64Array, b: Float64Array): number {
  const mean = (x: Float64Array): number => total(x) / x.length;
  const along = (x: Float64Array, y: Float64Array): number =>
    total(x.map((v, i) => (v - mean(x)) * (y[i]! - mean(y))));
  return along(a, b) / Math.sqrt(along(a, a) * along(b, b));
}
