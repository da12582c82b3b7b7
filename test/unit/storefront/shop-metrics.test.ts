import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Metrics } from '../../../server/observe/metrics.ts';
import { observeShop } from '../../../server/storefront/shop-metrics.ts';
import { makeShop } from '../../support/make-shop.ts';

suite('Shop metrics', () => {
  test('a scrape reads what the shop has counted by then', async () => {
    const { shop, now, recommend } = await makeShop();
    const metrics = new Metrics();
    observeShop(metrics, shop);
    const { attribution } = await recommend({ k: 2 });
    const event = now({ type: 'item_click', item: 'bulb', customer: 'c', attribution });
    await shop.ingest([event, event]);

    const text = metrics.text();

    for (const line of [
      'vitrine_events_total 1', 'vitrine_event_duplicates_total 1', 'vitrine_sessions 1',
      'vitrine_customers 1', 'vitrine_answer_items_total 2',
      'vitrine_attributed_items_total{stage="clicks"} 1',
      'vitrine_attributed_items_total{stage="cart_adds"} 0',
    ]) {
      assert.ok(text.includes(`${line}\n`), `${line}\n${text}`);
    }
  });
});
