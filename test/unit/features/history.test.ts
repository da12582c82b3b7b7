import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { exampleEvents } from '../../../server/features/example-history.ts';
import { History } from '../../../server/features/history.ts';
import { DAY_WIDTH, HISTORY_LIMITS, TOTALS } from '../../../server/features/layout.ts';
import { FEATURE_NAMES, FEATURES, featuresAt, featureVersion } from '../../../server/features/registry.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import { makeEvent } from '../../support/shop-events.ts';
import { HISTORY_START_MS, shopHistory } from '../../support/shop-histories.ts';

const SHOP = { timeZone: 'Europe/London', categoryOf: (item: string) => item.slice(0, 1) };
const DAY_MS = 86_400_000;
const END_MS = HISTORY_START_MS + 200 * DAY_MS;

function historyOf(events: readonly ShopEvent[]): History {
  const history = new History();
  for (const event of events) history.take(event, SHOP);
  return history;
}

/** Bits, so that NaN equals NaN and -0 is not 0. */
function bits(values: Float64Array): bigint[] {
  return [...new BigUint64Array(values.slice().buffer)];
}

function featureOf(history: History, nowMs: number): Record<string, number> {
  const values = featuresAt(history, nowMs, SHOP);
  return Object.fromEntries(FEATURE_NAMES.map((name, i) => [name, values[i] as number]));
}

function buy(day: number, price: number, more: Partial<ShopEvent> = {}): ShopEvent {
  return makeEvent({
    type: 'purchase', atMs: Date.UTC(2024, 0, 1 + day, 12), session: `s${day}`,
    items: [{ item: 'lamp', quantity: 2, price }], ...more,
  });
}

suite('A customer’s history', () => {
  test('is the same bits in any order of events that are late by less than a month', () => {
    fc.assert(fc.property(shopHistory, fc.array(fc.double({ min: 0, max: 29, noNaN: true })), (events, late) => {
      const arrivals = events
        .map((event, i) => ({ event, at: event.atMs + (late[i % late.length] ?? 0) * DAY_MS }))
        .sort((a, b) => a.at - b.at)
        .map(({ event }) => event);

      assert.deepEqual(bits(historyOf(arrivals).save()), bits(historyOf(events).save()));
      assert.equal(historyOf(arrivals).zone, historyOf(events).zone);
    }), { numRuns: 200 });
  });

  test('goes on from what was saved as if it had not been', () => {
    fc.assert(fc.property(shopHistory, fc.nat(), (events, cut) => {
      const at = cut % events.length;
      const before = historyOf(events.slice(0, at));
      const history = History.of(before.save(), before.zone);
      for (const event of events.slice(at)) history.take(event, SHOP);

      assert.deepEqual(bits(history.save()), bits(historyOf(events).save()));
    }), { numRuns: 100 });
  });

  test('gives numbers within their ranges, or NaN where a feature may be missing', () => {
    fc.assert(fc.property(shopHistory, (events) => {
      const values = featuresAt(historyOf(events), END_MS, SHOP);
      FEATURES.forEach(({ name, range, missing }, i) => {
        const value = values[i] as number;
        if (Number.isNaN(value)) assert.ok(missing !== undefined, `${name} is missing`);
        else assert.ok(value >= range[0] && value <= range[1], `${name}: ${value}`);
      });
    }), { numRuns: 100 });
  });

  test('of nobody has every feature that is never missing, and no other of their own', () => {
    const values = featuresAt(new History(), END_MS, SHOP);
    FEATURES.forEach(({ name, missing }, i) => {
      if (missing === undefined) assert.ok(Number.isFinite(values[i]), name);
    });
  });

  test('is bounded, whatever comes', () => {
    const history = new History();
    const day = (i: number) => Date.UTC(2020, 0, 1) + i * DAY_MS;
    for (let i = 0; i < 2000; i++) {
      const type = i % 3 === 0 ? 'purchase' : 'item_view';
      for (let visit = 0; visit < 6; visit++) {
        history.take(makeEvent({ type, atMs: day(i), session: `s${visit}`, item: `i${i}` }), SHOP);
      }
    }
    const { daysMax, buyDaysMax } = HISTORY_LIMITS;
    assert.ok(history.save().length <= TOTALS + (daysMax + buyDaysMax) * DAY_WIDTH);
    assert.ok(history.cells.byteLength < 14_000, `${history.cells.byteLength} bytes`);
    const { purchase_days: days, gap_mean: gap, active_days: active } = featureOf(history, day(2000));
    assert.equal(days, 667);
    assert.equal(active, 2000);
    assert.equal(gap, 3);
  });

  test('knows recency, rhythm and money as worked out by hand', () => {
    const history = historyOf([
      buy(0, 10), buy(10, 20), buy(10, 5, { session: 'again' }), buy(20, 30), buy(32, 40),
      makeEvent({ type: 'refund', atMs: Date.UTC(2024, 1, 3), items: [{ item: 'lamp', quantity: 1, price: 21 }] }),
    ]);
    const at = featureOf(history, Date.UTC(2024, 1, 7, 12)); // day 37

    assert.equal(at['days_since_purchase'], 5);
    assert.equal(at['purchase_days'], 4);
    assert.equal(at['orders'], 5);
    assert.equal(at['spend_total'], 210);
    assert.equal(at['spend_last'], 80);
    assert.equal(at['spend_max'], 80);
    assert.equal(at['spend_mean'], 52.5);
    assert.equal(at['refund_share'], 0.1);
    assert.equal(at['first_to_last_days'], 32);
    assert.equal(at['gap_mean'], 32 / 3);
    assert.equal(at['gap_last'], 12);
    assert.ok(Math.abs((at['gap_sd'] as number) - Math.sqrt(4 / 3)) < 1e-12);
    assert.equal(at['days_to_expected'], 32 / 3 - 5);
    assert.equal(at['purchase_days_30'], 3); // days 10, 20 and 32 of 8..37
    assert.equal(at['basket_units'], 2.5);
  });

  test('knows carts that were left, offers that were taken and prices looked at', () => {
    const at = Date.UTC(2024, 0, 5, 9);
    const cup = (price: number, discount?: number) =>
      [{ item: 'cup', quantity: 1, price, ...(discount && { discount }) }];
    const history = historyOf([
      makeEvent({ type: 'item_view', atMs: at, session: 'a', items: cup(10) }),
      makeEvent({ type: 'item_view', atMs: at + 1, session: 'a', items: cup(6, 4) }),
      makeEvent({ type: 'cart_add', atMs: at + 2, session: 'a', items: cup(6, 4) }),
      makeEvent({ type: 'purchase', atMs: at + 3, session: 'a', items: cup(6, 4) }),
      makeEvent({ type: 'cart_add', atMs: at + 4, session: 'b', items: cup(10) }),
    ]);
    const features = featureOf(history, at + 5);

    assert.equal(features['cart_abandonment'], 0.5);
    assert.equal(features['open_carts_7'], 1);
    assert.equal(features['sessions_1'], 2);
    assert.equal(features['price_viewed'], 8);
    assert.equal(features['price_paid'], 6);
    assert.equal(features['discount_share'], 0.4);
    assert.equal(features['promotion_response'], 0.5);
  });
});

suite('The registry of features', () => {
  test('has one entry a name, with words in both languages', () => {
    assert.equal(new Set(FEATURE_NAMES).size, FEATURES.length);
    for (const { name, en, zh, range, scale, categories } of FEATURES) {
      assert.match(name, /^[a-z][a-z0-9_]*$/);
      assert.ok(en.length > 2 && /\p{Script=Han}/u.test(zh), name);
      assert.ok(range[0] < range[1], name);
      assert.equal(scale === 'category', categories !== undefined, name);
    }
  });

  test('has a version that the same definitions keep', () => {
    assert.match(featureVersion(), /^[0-9a-f]{16}$/);
    assert.equal(featureVersion(), featureVersion());
    assert.equal(historyOf(exampleEvents()).rowCount > 32, true);
  });
});
