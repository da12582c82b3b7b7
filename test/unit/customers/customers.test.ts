import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { bestMoment, habitsOf } from '../../../server/customers/contact.ts';
import { purchasesOf } from '../../../server/customers/from-events.ts';
import { countBy, mergeByDay } from '../../../server/customers/purchases.ts';
import {
  BIN_ENDS, buyWithin, expectedDay, survivalOf,
} from '../../../server/customers/survival.ts';
import {
  HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES, weekdayOf, writeTimingInputs,
} from '../../../server/customers/timing-inputs.ts';

const DAY_MS = 86_400_000;

suite('Customers and their purchases', () => {
  test('a purchase late in the evening is of the day of its own zone', () => {
    const event = (atMs: number, timeZone?: string) => ({
      id: `e${atMs}`, type: 'purchase' as const, atMs, session: 's', customer: 'c',
      ...(timeZone === undefined ? {} : { timeZone }),
      items: [{ item: 'a', quantity: 2, price: 5 }, { item: 'b', quantity: 1 }],
    });
    const atMs = Date.UTC(2026, 0, 10, 23, 30);
    const { days, amounts, units, kinds } =
      purchasesOf('c', [event(atMs), event(atMs + 1, 'Asia/Shanghai')], 'UTC');

    const day = Math.floor(atMs / DAY_MS);
    assert.deepEqual([...days], [day, day + 1]);
    assert.deepEqual([...amounts], [10, 10]); // what says no price counts nothing
    assert.deepEqual([...units], [3, 3]);
    assert.deepEqual([...kinds], [2, 2]);
  });

  test('purchases of a day are one, in any order of arrival', () => {
    const row = (day: number, amount: number) => ({ day, amount, units: 1, kinds: 1 });
    const merged = mergeByDay('c', [row(20, 5), row(10, 1), row(20, 7)]);

    assert.deepEqual([...merged.days], [10, 20]);
    assert.deepEqual([...merged.amounts], [1, 12]);
    assert.deepEqual([9, 10, 19, 20, 99].map((day) => countBy(merged, day)), [0, 1, 1, 2, 2]);
  });

  test('inputs at a landmark do not see what came after it', () => {
    const row = (day: number) => ({ day, amount: day, units: 1, kinds: 1, moment: day * DAY_MS });
    const inputs = (days: readonly number[]): Float32Array[] => {
      const features = new Float32Array(TIMING_FEATURES.length);
      const history = new Float32Array(HISTORY_LENGTH * HISTORY_CHANNELS.length);
      writeTimingInputs(mergeByDay('c', days.map(row)), 100, features, 0, history, 0);
      return [features, history];
    };

    assert.deepEqual(inputs([10, 40, 100, 101, 130]), inputs([10, 40, 100]));
    assert.notDeepEqual(inputs([10, 40, 99]), inputs([10, 40, 100]));
  });

  test('an even hazard gives the chances and quantiles of its exponential', () => {
    const rate = 0.02; // a day
    const starts = [0, ...BIN_ENDS];
    const hazards = BIN_ENDS.map((end, bin) => 1 - Math.exp(-rate * (end - starts[bin]!)));
    const survival = survivalOf(hazards);

    for (const days of [1, 7, 18, 30, 90, 137, 180]) {
      assert.ok(Math.abs(buyWithin(survival, days) - (1 - Math.exp(-rate * days))) < 1e-12);
    }
    const { chance, day, from, to } = expectedDay(survival, 90);
    const quantile = (share: number): number => Math.ceil(-Math.log(1 - share * chance) / rate);
    assert.deepEqual([from, day, to], [0.1, 0.5, 0.9].map(quantile));
  });

  test('the best moment is a liked weekday soon, at the hour before the liked one', () => {
    const shop = habitsOf([]);
    const fridays = Array.from({ length: 30 }, (_, week) =>
      ({ day: 1 + 7 * week, amount: 1, units: 1, kinds: 1, moment: (1 + 7 * week) * DAY_MS + 19.5 * 3_600_000 }));
    const own = habitsOf([mergeByDay('c', fridays)]);
    const survival = survivalOf(BIN_ENDS.map(() => 0.05));
    const moment = bestMoment(survival, 500, own, shop);

    assert.equal(weekdayOf(1), 5);
    assert.equal(weekdayOf(moment.day), 5);
    assert.ok(moment.day - 500 <= 7);
    assert.equal(moment.hour, 18);
    assert.ok(moment.uplift > 2);
  });
});
