import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { customerTable } from '../../../models/customers/logs/customer-table.ts';
import { endOfDay } from '../../../models/customers/logs/days.ts';
import { readOnlineRetail } from '../../../models/customers/logs/online-retail.ts';
import { storeLog } from '../../../models/customers/logs/store-log.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { makeShop } from '../../support/make-shop.ts';
import { realData } from '../../support/real-data.ts';
import { HISTORY_START_MS, shopHistory } from '../../support/shop-histories.ts';

const DAY_MS = 86_400_000;
const ZONE = 'Europe/London';
const GOODS = [
  { id: 'lamp', title: 'A lamp', categories: ['light'], inStock: true },
  { id: 'rug', title: 'A rug', categories: ['floor'], inStock: true },
  { id: 'mat', title: 'A mat', categories: ['floor', 'door'], inStock: true },
];

/** Late by up to 29 days, some of them twice. */
const arrivals = fc.tuple(
  shopHistory,
  fc.array(fc.double({ min: 0, max: 29, noNaN: true }), { minLength: 1, maxLength: 40 }),
  fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }),
).map(([events, late, twice]) => events
  .flatMap((event, i) => {
    const at = event.atMs + (late[i % late.length] as number) * DAY_MS;
    return twice[i % twice.length] ? [{ event, at }, { event, at: at + DAY_MS }] : [{ event, at }];
  })
  .sort((a, b) => a.at - b.at)
  .map(({ event }) => event));

/** A shop that has had these events, one after the other, at a clock that is past all of them. */
async function shopWith(events: readonly ShopEvent[]) {
  const store = new MemoryStore();
  await store.putItems(GOODS);
  const clock = new FakeClock();
  clock.advance(400 * DAY_MS * 1000);
  const made = await makeShop({ store, clock, timeZone: ZONE });
  for (const event of events) await made.shop.ingest([event]);
  return made;
}

function bits(values: Float64Array | undefined): bigint[] | undefined {
  return values && [...new BigUint64Array(values.slice().buffer)];
}

function rowOf(table: ReturnType<typeof customerTable>, row: number): Float64Array {
  return Float64Array.from(table.table.columns, ({ values }) => values[row] as number);
}

suite('Features online and offline', () => {
  test('are the same bits: a live shop, and its log replayed', async () => {
    await fc.assert(fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 200 }), async (came, day) => {
      const landmark = HISTORY_START_MS + day * DAY_MS;
      const { shop, store } = await shopWith(came.filter(({ atMs }) => atMs <= landmark));

      const table = customerTable(storeLog(store, ZONE), [landmark], { who: 'seen' });

      assert.equal(table.customers.length, shop.histories.count);
      table.customers.forEach((customer, row) => {
        assert.deepEqual(bits(rowOf(table, row)), bits(shop.histories.features(customer, landmark)));
      });
    }), { numRuns: 100 });
  });

  test('are the same bits where the log goes on after the landmark, in order of time', async () => {
    await fc.assert(fc.asyncProperty(arrivals, fc.integer({ min: 1, max: 200 }), async (came, day) => {
      const named = came.map((event) => ({ ...event, customer: event.session.slice(6, 7) }));
      const landmark = HISTORY_START_MS + day * DAY_MS;
      const { shop, store } = await shopWith(named.filter(({ atMs }) => atMs <= landmark));
      const whole = {
        ...storeLog(store, ZONE), events: [...named].sort((a, b) => a.atMs - b.atMs),
      };

      const table = customerTable(whole, [landmark], { who: 'seen' });

      assert.equal(table.customers.length, shop.histories.count);
      table.customers.forEach((customer, row) => {
        assert.deepEqual(bits(rowOf(table, row)), bits(shop.histories.features(customer, landmark)));
      });
    }), { numRuns: 100 });
  });

  test('an event from a clock that is ahead waits until its time has come', async () => {
    const { shop, now, clock } = await shopWith([]);
    const nowMs = clock.wallMs();
    await shop.ingest([now({ customer: 'c', item: 'lamp' })]);
    await shop.ingest([now({ customer: 'c', item: 'lamp', type: 'purchase', atMs: nowMs + 60_000 })]);
    const buyDays = () => {
      const features = shop.histories.features('c', clock.wallMs()) as Float64Array;
      return features[5];
    };

    assert.equal(buyDays(), 0);
    clock.advance(61e6);
    assert.equal(buyDays(), 1);
  });

  test('who is forgotten is as if they had never been', async () => {
    const { shop, now, clock } = await shopWith([]);
    await shop.ingest([now({ customer: 'c', item: 'lamp', type: 'purchase' })]);

    assert.deepEqual(await shop.forget({ customer: 'c' }), { events: 1 });
    assert.equal(shop.histories.features('c', clock.wallMs()), undefined);
    assert.equal(shop.gauges.customers, 0);
    assert.deepEqual(await shop.forget({ customer: 'c' }), { events: 0 });
  });

  const retail = realData('online_retail/online_retail.csv.gz');
  test('are the same bits for all customers of Online Retail', { skip: retail.skip }, async () => {
    const log = await readOnlineRetail(retail.path);
    const landmark = endOfDay('2011-11-09', log.timeZone);
    const store = new MemoryStore();
    const { shop } = await makeShop({ store, clock: new FakeClock(), timeZone: ZONE });
    const known = log.events.filter(({ atMs }) => atMs <= landmark);
    for (let i = 0; i < known.length; i += 500) await shop.ingest(known.slice(i, i + 500));

    const table = customerTable(log, [landmark], { who: 'seen' });

    assert.equal(table.customers.length, shop.histories.count);
    table.customers.forEach((customer, row) => {
      assert.deepEqual(bits(rowOf(table, row)), bits(shop.histories.features(customer, landmark)));
    });
  });
});
