import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { purchasesOf } from '../../../server/customers/from-events.ts';
import { purchasesOfHistory } from '../../../server/customers/from-history.ts';
import { ownHabits, shopHabits } from '../../../server/customers/known-customer.ts';
import {
  HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES, writeTimingInputs,
} from '../../../server/customers/timing-inputs.ts';
import type { CustomerPurchases } from '../../../server/customers/purchases.ts';
import { History } from '../../../server/features/history.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import { makeEvent } from '../../support/shop-events.ts';
import { shopHistory } from '../../support/shop-histories.ts';

const ZONE = 'Europe/London';
const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2025, 0, 6, 10); // a Monday

function historyOf(events: readonly ShopEvent[]): History {
  const history = new History();
  for (const event of events) history.take(event, { timeZone: ZONE });
  return history;
}

function inputsOf(purchases: CustomerPurchases, landmark: number): Float32Array {
  const inputs = new Float32Array(TIMING_FEATURES.length + HISTORY_LENGTH * HISTORY_CHANNELS.length);
  writeTimingInputs(purchases, landmark, inputs, 0, inputs, TIMING_FEATURES.length);
  return inputs;
}

function buy(day: number, price = 10, hour = 0): ShopEvent {
  return makeEvent({
    type: 'purchase', atMs: START_MS + day * DAY_MS + hour * 3_600_000,
    items: [{ item: 'lamp', quantity: 2, price }],
  });
}

suite('purchasesOfHistory', () => {
  test('gives models the inputs that the events themselves give, bit for bit', () => {
    fc.assert(fc.property(shopHistory, (events) => {
      const bought = new Set(purchasesOf('c', events, ZONE).days);
      fc.pre(bought.size > 0 && bought.size <= 32);
      const history = historyOf(events);
      const [live, offline] = [purchasesOfHistory('c', history)!, purchasesOf('c', events, ZONE)];

      assert.deepEqual(live.days, offline.days);
      assert.deepEqual(live.kinds, offline.kinds);
      assert.equal(live.moments.length, offline.moments.length);
      assert.deepEqual(live.amounts, offline.amounts);
      const landmark = live.days.at(-1)! + 3;
      assert.deepEqual(inputsOf(live, landmark), inputsOf(offline, landmark));
    }));
  });

  test('is nothing of who has bought nothing', () => {
    assert.equal(purchasesOfHistory('c', historyOf([makeEvent({ item: 'lamp' })])), null);
  });

  test('of more days than are kept, their number, their span and their totals are right', () => {
    const events = Array.from({ length: 50 }, (_, i) => buy(i * 3, 10 + i));
    const history = historyOf(events);
    const live = purchasesOfHistory('c', history)!;
    const offline = purchasesOf('c', events, ZONE);
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

    assert.equal(live.days.length, 50);
    assert.equal(live.days[0], offline.days[0]);
    assert.deepEqual(live.days.slice(18), offline.days.slice(18));
    assert.ok(Math.abs(sum(live.amounts) - sum(offline.amounts)) < 1e-6);
    assert.equal(live.moments.length, 50);
    assert.deepEqual([...live.days].sort((a, b) => a - b), [...live.days]);
    const landmark = live.days.at(-1)! + 5;
    inputsOf(live, landmark).forEach((value, i) =>
      assert.ok(Math.abs(value - inputsOf(offline, landmark)[i]!) < 0.05, `input ${i}`));
  });
});

suite('Habits of a history', () => {
  test('are of days that are remembered, their own and all customers’', () => {
    const weekly = historyOf(Array.from({ length: 60 }, (_, i) => buy(i * 7, 10, 8))); // 18:00
    const own = ownHabits(weekly);

    assert.equal(own.purchases, 32);
    assert.equal(own.weekdays[1], 1);
    assert.ok(own.hours[18]! + own.hours[19]! === 1);
    const once = historyOf([buy(1)]);
    const shop = shopHabits([['a', weekly], ['b', once], ['d', historyOf([])]], 10);
    assert.equal(shop.purchases, 33);
    assert.equal(shopHabits([['a', weekly], ['b', once]], 1).purchases, 32);
  });
});
