import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { INTENT_FEATURES, intentFeatures } from '../../../server/storefront/intent-features.ts';
import type { EventItem, EventType, ShopEvent } from '../../../server/wire/schema.ts';

suite('Intent features', () => {
  test('a cart is what was added less what was removed, and a purchase empties it', () => {
    const session = [
      event(0, 'cart_add', [{ item: 'a', quantity: 2, price: 10 }]),
      event(1, 'cart_add', [{ item: 'b', quantity: 1, price: 5 }]),
      event(2, 'cart_remove', [{ item: 'a', quantity: 1 }]),
      event(3, 'purchase', [{ item: 'a', quantity: 1 }, { item: 'b', quantity: 1 }]),
    ];

    assert.equal(feature(session.slice(0, 2), 1, 'log_cart_value'), Math.fround(Math.log1p(25)));
    assert.equal(feature(session.slice(0, 3), 2, 'log_cart_value'), Math.fround(Math.log1p(15)));
    assert.equal(feature(session, 3, 'cart_open'), 0);
    assert.equal(feature(session, 3, 'bought_before'), 1);
  });

  test('repeat views and the run at the end are told apart', () => {
    const session = ['a', 'b', 'a', 'a'].map((item, at) =>
      event(at, 'item_view', [{ item, quantity: 1 }]));

    assert.equal(feature(session, 3, 'repeat_view_share'), 0.5);
    assert.equal(feature(session, 3, 'last_item_views'), Math.fround(Math.log1p(3)));
    assert.equal(feature(session, 3, 'last_item_run'), Math.fround(Math.log1p(2)));
  });

  test('events after the moment of prediction change nothing', () => {
    const past = [event(0, 'home_view'), event(5, 'item_view', [{ item: 'a', quantity: 1 }])];
    const future = [event(9, 'cart_add', [{ item: 'a', quantity: 1 }]), event(10, 'purchase')];

    assert.deepEqual(intentFeatures([...past, ...future], 8000), intentFeatures(past, 8000));
  });

  test('late arrivals are put in their place', () => {
    const session = [event(0, 'home_view'), event(5, 'search'), event(9, 'list_view')];

    assert.deepEqual(intentFeatures(session.toReversed(), 9000), intentFeatures(session, 9000));
  });

  test('no events, strange clocks and missing prices give finite numbers', () => {
    const odd = [event(10, 'item_view', [{ item: 'a', quantity: 1 }]), event(10, 'cart_remove')];

    for (const features of [intentFeatures([], 0), intentFeatures(odd, 10_000)]) {
      assert.equal(features.length, INTENT_FEATURES.length);
      assert.ok(features.every(Number.isFinite));
    }
    assert.ok(intentFeatures([], 5).every((value) => value === 0));
  });
});

function feature(events: readonly ShopEvent[], seconds: number, name: string): number {
  return intentFeatures(events, seconds * 1000)[INTENT_FEATURES.indexOf(name)] as number;
}

function event(seconds: number, type: EventType, items: readonly EventItem[] = []): ShopEvent {
  return { id: `${seconds}-${type}`, type, atMs: seconds * 1000, session: 's', items };
}
