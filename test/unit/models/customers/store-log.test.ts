import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { storePurchases } from '../../../../models/customers/logs/store-log.ts';
import { purchaseLogOf } from '../../../../models/customers/purchases.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import type { EventType, ShopEvent } from '../../../../server/wire/schema.ts';

const DAY_MS = 86_400_000;

function event(id: string, type: EventType, day: number, more: Partial<ShopEvent> = {}): ShopEvent {
  return {
    id, type, atMs: day * DAY_MS, session: `s-${id}`, customer: 'a',
    items: [{ item: 'i', quantity: 1, price: 5 }], ...more,
  };
}

suite('purchases of a store', () => {
  test('are in order of time, without those that lack consent, up to the newest event', async () => {
    const store = new MemoryStore();
    await store.append([
      event('late', 'purchase', 20), event('early', 'purchase', 10),
      event('silent', 'purchase', 15, { consent: false }),
      event('nobody', 'purchase', 16, { consent: false, customer: 'b' }),
      event('look', 'item_view', 30),
    ]);
    const log = storePurchases(store, 'UTC');

    assert.deepEqual(log.events.map(({ id }) => id), ['early', 'late']);
    const { customers, lastDay } = purchaseLogOf(log);
    assert.deepEqual(customers.map(({ id, days }) => [id, [...days]]), [['a', [10, 20]]]);
    assert.equal(lastDay, 30);
  });
});
