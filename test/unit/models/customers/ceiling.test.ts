import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { buyChance, type CountingModel } from '../../../../models/customers/btyd/counting.ts';
import { simulateBuyers } from '../../../../models/customers/btyd/simulate.ts';
import { buyingSummary } from '../../../../models/customers/btyd/summary.ts';
import { ceiling, ceilingLine } from '../../../../models/customers/ceiling.ts';
import { countedChances } from '../../../../models/customers/chances.ts';
import { hazardSamples } from '../../../../models/customers/hazard/samples.ts';
import { boughtWithin } from '../../../../models/customers/horizon.ts';
import { rocAuc } from '../../../../models/learn/metrics/ranking.ts';

const DAY = 150;

/** Simulated buyers, the bound of what is known on a day, and what their true chances have. */
function bound(buying: CountingModel): { found: ReturnType<typeof ceiling>; truth: number } {
  const log = simulateBuyers({
    seed: 5, customers: 800, firstDays: 100, days: 185, buying, spend: { p: 6, q: 4, v: 15 },
  });
  const samples = hazardSamples(log, [DAY], log.lastDay);
  const chances = countedChances(
    buyingSummary(log, DAY), 30, (...at) => buyChance(buying, ...at));
  return {
    found: ceiling(log, DAY, 30, 1), truth: rocAuc(chances, boughtWithin(log, samples, 30)),
  };
}

suite('What the inputs could tell at best', () => {
  test('is what the true chances of simulated buyers tell, and no more', () => {
    const { found, truth } = bound({ k: 1, leavesAtOnce: true, r: 0.6, alpha: 3, a: 0.8, b: 2.4 });

    assert.ok(truth > 0.75, `${truth}`);
    assert.ok(Math.abs(found.auc.value - truth) < 0.025, `${found.auc.value} of ${truth}`);
    assert.ok(found.auc.low < found.auc.value && found.auc.value < found.auc.high);
    assert.ok(found.auc.high - found.auc.low < 0.1);
    assert.match(ceilingLine(30, found), /within 30 days .* AUC 0\.\d{4} \(0\.\d{3} to 0\.\d{3}/);
  });

  test('is nothing where all buy alike and without memory: outcomes do not leak in', () => {
    const { found } = bound({ k: 1, leavesAtOnce: true, r: 1e6, alpha: 8e6, a: 1e-6, b: 10 });

    assert.ok(Math.abs(found.auc.value - 0.5) < 0.05, `${found.auc.value}`);
  });
});
