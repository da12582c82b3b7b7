import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Attributions } from '../../../server/storefront/attribution.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';
import { makeEvent } from '../../support/shop-events.ts';

const rowOf = (item: string) => Number(item);
const items = (...rows: number[]) =>
  rows.map((row) => ({ item: String(row), quantity: 2, price: 3 }));

suite('Attribution', () => {
  test('an item of an answer counts once at each stage, and only if it was shown', () => {
    const attributions = new Attributions('start', rowOf);
    const attribution = attributions.issue(Uint32Array.of(1, 2, 3));
    const echo = (type: 'list_view', rows: number[]) =>
      attributions.count(makeEvent({ type, items: items(...rows), attribution }));

    echo('list_view', [1, 2]);
    echo('list_view', [1, 2, 3]);
    for (const type of ['item_click', 'item_view', 'cart_add'] as const) {
      echo(type as 'list_view', [2, 9]);
    }
    echo('purchase' as 'list_view', [2, 9]);

    assert.deepEqual(attributions.counts, {
      answers: 1, items: 3, impressions: 3, clicks: 1, cartAdds: 1, purchases: 1, revenue: 6,
      unknown: 0,
    });
  });

  test('a cart or purchase without an echo is credited to its session’s last click on the item', () => {
    const attributions = new Attributions('start', rowOf);
    const [first, last] = [1, 2].map(() => attributions.issue(Uint32Array.of(1, 2)));
    const atMs = 1_700_000_000_000;
    const see = (type: ShopEvent['type'], row: number, fields: Partial<ShopEvent> = {}) =>
      attributions.count(makeEvent({ type, items: items(row), atMs, ...fields }));

    see('item_click', 1, { attribution: first! });
    see('item_click', 1, { attribution: last! });
    see('item_view', 1); // takes nothing away
    see('cart_add', 1, { atMs: atMs + 1000 });
    see('purchase', 1, { atMs: atMs + 86_400_000 });
    see('purchase', 1, { atMs: atMs + 1000 }); // counts once
    see('item_click', 2, { attribution: first! });
    see('purchase', 2, { atMs: atMs + 86_400_001 }); // too late
    see('purchase', 2, { session: 'another', atMs: atMs + 1000 });
    see('purchase', 2, { atMs: atMs - 1 }); // before the click
    see('list_view', 2);

    const { clicks, cartAdds, purchases, impressions, unknown } = attributions.counts;
    assert.deepEqual([clicks, cartAdds, purchases, impressions, unknown], [3, 1, 1, 0, 0]);
  });

  test('an attribution of nobody’s, or of too long ago, counts as unknown', () => {
    const attributions = new Attributions('start', rowOf, 2);
    const [first, second] = [1, 2, 3].map((row) => attributions.issue(Uint32Array.of(row)));
    assert.notEqual(first, second);

    for (const attribution of [first!, second!, 'made-up']) {
      attributions.count(makeEvent({ type: 'item_click', items: items(2), attribution }));
    }
    attributions.count(makeEvent({ type: 'item_click', items: items(2) })); // echoes none
    attributions.count(makeEvent({ type: 'search', attribution: 'made-up' })); // is of no stage

    assert.equal(attributions.counts.clicks, 1);
    assert.equal(attributions.counts.unknown, 2);
  });
});
