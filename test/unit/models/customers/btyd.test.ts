import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import {
  aliveChance, buyChance, expectedByBgNbd, expectedPurchases, fitCounting, fitRegular,
  type CountingModel,
} from '../../../../models/customers/btyd/counting.ts';
import { expectedAmount, fitSpend } from '../../../../models/customers/btyd/gamma-gamma.ts';
import { simulateBuyers } from '../../../../models/customers/btyd/simulate.ts';
import { gammaBelow, hyp2f1, logGamma } from '../../../../models/customers/btyd/special.ts';
import { buyingSummary } from '../../../../models/customers/btyd/summary.ts';

const vectors = JSON.parse(
  readFileSync('test/unit/models/customers/vectors/special.json', 'utf8')) as {
  logGamma: [number, number][];
  hyp2f1: [number, number, number, number, number][];
  gammaBelow: [number, number, number][];
};
const SPEND = { p: 6, q: 4, v: 15 };
const BG_NBD: CountingModel = { r: 0.6, alpha: 6, a: 0.8, b: 2.5, k: 1, leavesAtOnce: false };

suite('The purchase models', () => {
  test("special functions are scipy's to eleven digits", () => {
    for (const [x, want] of vectors.logGamma) close(logGamma(x), want, 1e-12, `lnΓ(${x})`);
    for (const [a, b, c, z, want] of vectors.hyp2f1) {
      close(hyp2f1(a, b, c, z), want, 1e-11, `2F1(${a}, ${b}; ${c}; ${z})`);
    }
    for (const [a, x, want] of vectors.gammaBelow) near(gammaBelow(a, x), want, 1e-12);
    assert.ok(vectors.hyp2f1.length > 50 && vectors.gammaBelow.length > 20);
  });

  test('BG/NBD finds the parameters of simulated buyers', () => {
    const log = simulateBuyers({
      seed: 3, customers: 6000, firstDays: 90, days: 400, buying: BG_NBD, spend: SPEND,
    });
    const { model } = fitCounting(buyingSummary(log, log.lastDay), 1, false);

    // About three standard errors of so many customers, as found over twenty seeds.
    near(model.r, 0.6, 0.06);
    near(model.alpha, 6, 0.8);
    near(model.a / (model.a + model.b), 0.8 / 3.3, 0.04);
  });

  test('the k of the greatest likelihood is the one that buyers were simulated with', () => {
    for (const k of [1, 2, 3]) {
      const buying = { r: 1.2, alpha: 4 / k, a: 0.7, b: 4, k, leavesAtOnce: true };
      const log = simulateBuyers({
        seed: 5 + k, customers: 1500, firstDays: 90, days: 500, buying, spend: SPEND,
      });
      const { model } = fitRegular(buyingSummary(log, log.lastDay));

      assert.equal(model.k, k);
      near(model.r, 1.2, 0.25);
      near(model.a / (model.a + model.b), 0.7 / 4.7, 0.04);
    }
  });

  test('Gamma-Gamma finds what purchases are worth', () => {
    const log = simulateBuyers({
      seed: 9, customers: 6000, firstDays: 90, days: 500, buying: BG_NBD, spend: SPEND,
    });
    const { model } = fitSpend(buyingSummary(log, log.lastDay));

    near(model.p, 6, 0.5);
    near(model.q, 4, 0.4);
    near((model.p * model.v) / (model.q - 1), (6 * 15) / 3, 1);
    // Who never came back is worth what everyone is; who came often, what they paid.
    close(expectedAmount(model, 0, 0), (model.p * model.v) / (model.q - 1), 1e-12, 'no repeat');
    near(expectedAmount(model, 1000, 77), 77, 0.5);
  });

  test('expected purchases as a sum are those of the closed form', () => {
    for (const [x, tx, T] of [[0, 0, 10], [1, 3, 20], [5, 38, 39], [30, 30, 52]] as const) {
      for (const h of [1, 13, 52]) {
        const closed = expectedByBgNbd(BG_NBD, x, tx, T, h);
        close(expectedPurchases(BG_NBD, x, tx, T, h), closed, 1e-8, `x ${x}, h ${h}`);
      }
    }
  });

  test('chances are what happens to simulated buyers, for regular buying too', () => {
    const buying = { r: 1.2, alpha: 1.6, a: 0.7, b: 4, k: 2, leavesAtOnce: true };
    const log = simulateBuyers({
      seed: 21, customers: 8000, firstDays: 60, days: 300, buying, spend: SPEND,
    });
    const landmark = 200;
    const { repeats, recency, age, rows } = buyingSummary(log, landmark);
    for (const days of [7, 30, 90]) {
      let said = 0;
      let counted = 0;
      for (let i = 0; i < rows; i += 1) {
        const at = [repeats[i]!, recency[i]!, age[i]!, days / 7] as const;
        said += buyChance(buying, ...at) / rows;
        counted += expectedPurchases(buying, ...at) / rows;
      }
      const known = log.customers.filter(({ days: bought }) => bought[0]! <= landmark);
      const within = known.map(({ days: bought }) =>
        bought.filter((day) => day > landmark && day <= landmark + days).length);
      near(said, within.filter((n) => n > 0).length / rows, 0.015);
      near(counted, within.reduce((sum, n) => sum + n, 0) / rows, 0.03 * (1 + counted));
    }
  });

  test('a regular buyer who is late is less likely to be alive than a random one', () => {
    const regular = { r: 1.2, alpha: 1.6, a: 0.7, b: 4, k: 3, leavesAtOnce: true };
    const random = { ...regular, k: 1, alpha: 1.6 / 3 };

    assert.ok(aliveChance(regular, 8, 24, 25) > aliveChance(random, 8, 24, 25) - 0.2);
    assert.ok(aliveChance(regular, 8, 24, 36) < aliveChance(random, 8, 24, 36));
    close(aliveChance(BG_NBD, 0, 0, 30), 1, 1e-15, 'BG/NBD: no repeat, no chance to leave');
  });
});

function near(value: number, want: number, within: number): void {
  assert.ok(Math.abs(value - want) <= within, `${value} is not ${want} within ${within}`);
}

function close(value: number, want: number, relative: number, what: string): void {
  near(value / (want || 1), want === 0 ? 0 : 1, relative);
  assert.ok(Number.isFinite(value), what);
}
