import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { makeCatalogue } from '../../../server/demo/catalogue.ts';
import { demoHistory } from '../../../server/demo/seed.ts';
import { simulate, simulatedLoad } from '../../../server/demo/simulator.ts';
import type { ShopEvent } from '../../../server/wire/schema.ts';

const NOW_MS = Date.UTC(2026, 8, 28);
const catalogue = makeCatalogue();
const history = demoHistory(NOW_MS);

suite('The simulated shop', () => {
  test('the same seed gives the same items and events, another seed others', () => {
    const some = (seed: number): ShopEvent[] =>
      [...simulate(catalogue, { seed, startMs: NOW_MS, visitsPerDay: 100, visits: 20 })];

    assert.deepEqual(makeCatalogue(1), makeCatalogue(1));
    assert.notDeepEqual(makeCatalogue(1), makeCatalogue(2));
    assert.deepEqual(some(1), some(1));
    assert.notDeepEqual(some(1), some(2));
  });

  test('items have titles of their own, sane prices and a category', () => {
    assert.equal(catalogue.length, 600);
    assert.equal(new Set(catalogue.map((item) => item.id)).size, 600);
    assert.equal(new Set(catalogue.map((item) => item.title)).size, 600);
    for (const item of catalogue) {
      assert.ok(item.price >= 2.5 && item.price < 2000, `${item.title}: ${item.price}`);
      assert.equal(item.categories.length, 2);
    }
    assert.ok(catalogue.filter((item) => !item.inStock).length < 60);
  });

  test('events come in time order, with ids of their own, about items of the shop', () => {
    const items = new Set(catalogue.map((item) => item.id));
    const ids = new Set(history.map((event) => event.id));

    assert.equal(ids.size, history.length);
    history.forEach((event, at) => {
      assert.ok(at === 0 || event.atMs >= history[at - 1]!.atMs);
      assert.ok(event.atMs <= NOW_MS);
      for (const { item } of event.items) assert.ok(items.has(item), item);
    });
  });

  test('what is bought or removed was in the cart', () => {
    for (const session of sessions(history)) {
      const cart = new Set<string>();
      for (const event of session) {
        for (const { item } of event.items) {
          if (event.type === 'cart_add') cart.add(item);
          if (!['purchase', 'cart_remove'].includes(event.type)) continue;
          assert.ok(cart.delete(item), `${event.type} of ${item}, which is not in the cart`);
        }
      }
    }
  });

  // The bands hold the real sets' figures in server/demo/README.md, with some room to either side.
  test('length, popularity skew, repeats and purchases are near the real ones', () => {
    const all = sessions(history);
    const views = all.map(viewed).filter((items) => items.length > 1);
    const lengths = views.map((items) => items.length).sort((a, b) => a - b);

    within(mean(lengths), 4.2, 5.6);
    within(lengths[lengths.length >> 1] as number, 3, 4);
    within(lengths[Math.floor(lengths.length * 0.9)] as number, 8, 11);
    within(repeatShare(views), 0.18, 0.3);
    within(topShare(views, 0.1), 0.4, 0.6);
    within(all.filter((s) => s.some((e) => e.type === 'purchase')).length / all.length, 0.04, 0.08);
  });

  test('carts are more often left than bought', () => {
    const carts = sessions(history).filter((s) => s.some((event) => event.type === 'cart_add'));
    const bought = carts.filter((s) => s.some((event) => event.type === 'purchase'));

    within(bought.length / carts.length, 0.3, 0.6);
  });

  test('load comes at the rate asked for, for as long as asked for', () => {
    const load = [...simulatedLoad(catalogue,
      { seed: 5, startMs: NOW_MS, eventsPerSecond: 1000, seconds: 4 })];

    within(load.length, 3700, 4300);
    load.forEach(({ dueMs, event }, at) => {
      assert.ok(at === 0 || dueMs >= load[at - 1]!.dueMs);
      assert.equal(event.atMs, NOW_MS + Math.round(dueMs));
    });
  });
});

function sessions(events: readonly ShopEvent[]): ShopEvent[][] {
  const groups = new Map<string, ShopEvent[]>();
  for (const event of events) {
    const group = groups.get(event.session);
    if (group) group.push(event);
    else groups.set(event.session, [event]);
  }
  return [...groups.values()];
}

function viewed(session: readonly ShopEvent[]): string[] {
  return session.filter((event) => event.type === 'item_view')
    .flatMap((event) => event.items.map((line) => line.item));
}

/** Share of the views, each session's first left out, of an item seen before in the session. */
function repeatShare(views: readonly string[][]): number {
  const later = views.reduce((sum, items) => sum + items.length - 1, 0);
  const first = views.reduce((sum, items) => sum + new Set(items).size - 1, 0);
  return 1 - first / later;
}

/** Share of all views that goes to the most viewed `share` of the catalogue. */
function topShare(views: readonly string[][], share: number): number {
  const counts = new Map<string, number>();
  for (const item of views.flat()) counts.set(item, (counts.get(item) ?? 0) + 1);
  const sorted = [...counts.values()].sort((a, b) => b - a);
  const top = sorted.slice(0, Math.round(catalogue.length * share));
  return top.reduce((a, b) => a + b, 0) / sorted.reduce((a, b) => a + b, 0);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function within(value: number, least: number, most: number): void {
  assert.ok(value >= least && value <= most, `${value} is not in ${least}..${most}`);
}
