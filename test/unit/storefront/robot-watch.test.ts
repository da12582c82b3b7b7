import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { RobotWatch } from '../../../server/storefront/robot-watch.ts';
import { observeShop } from '../../../server/storefront/shop-metrics.ts';
import { Metrics } from '../../../server/observe/metrics.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import { readVisits } from '../../../server/storefront/retrieval/log-visits.ts';
import { makeEvent } from '../../support/shop-events.ts';
import { makeShop } from '../../support/make-shop.ts';

const START_MS = 1_700_000_000_000;

/** Which of the views are a robot's, if they are so many ms apart. */
function firstOf(gapMs: number, count: number): number {
  const watch = new RobotWatch();
  for (let i = 0; i < count; i += 1) {
    watch.see({ type: 'item_view', atMs: START_MS + i * gapMs });
    if (watch.robot) return i;
  }
  return Infinity;
}

suite('RobotWatch', () => {
  test('thirty views in a row without time to look at them are a program’s', () => {
    assert.equal(firstOf(499, 100), 30);
    assert.equal(firstOf(500, 120), Infinity);
  });

  test('more than 120 views within a minute are a program’s, at whatever pace', () => {
    assert.equal(firstOf(499.9, 20), Infinity);
    const watch = new RobotWatch();
    // Bursts of ten tabs at once, which a person may open; but thirteen times a minute.
    for (let i = 0; i < 121; i += 1) {
      assert.equal(watch.robot, false);
      watch.see({ type: 'item_view', atMs: START_MS + Math.floor(i / 10) * 4000 + (i % 10) });
    }
    assert.equal(watch.robot, true);
  });

  test('a person who reads, and one who opens many tabs, is none; nor are events that come late', () => {
    assert.equal(firstOf(2000, 10_000), Infinity);
    const watch = new RobotWatch();
    for (let i = 0; i < 300; i += 1) {
      watch.see({ type: 'item_view', atMs: START_MS + Math.floor(i / 20) * 60_000 + i % 20 });
    }
    for (let i = 0; i < 300; i += 1) watch.see({ type: 'item_view', atMs: START_MS });
    for (let i = 0; i < 300; i += 1) watch.see({ type: 'list_view', atMs: START_MS + 9e6 });
    assert.equal(watch.robot, false);
  });

  test('what was saved goes on', () => {
    const [first, second] = [new RobotWatch(), new RobotWatch()];
    for (let i = 0; i < 20; i += 1) first.see({ type: 'item_view', atMs: START_MS + i });
    second.load(structuredClone(first.save()));
    for (let i = 20; i < 31; i += 1) second.see({ type: 'item_view', atMs: START_MS + i });
    assert.equal(second.robot, true);
  });
});

suite('A robot’s events', () => {
  test('are durable and counted, and teach nothing, by user agent and by pace', async () => {
    const { shop, store, retriever, clock } = await makeShop();
    const nowMs = clock.wallMs();
    await shop.ingest([
      makeEvent({ item: 'a', session: 'bot', customer: 'ann', atMs: nowMs - 100, robot: true }),
      makeEvent({ item: 'b', session: 'bot', atMs: nowMs - 90 }), // the same session
      makeEvent({ item: 'c', session: 'person', atMs: nowMs }),
    ]);
    assert.equal(store.eventCount, 3);
    assert.equal(retriever.observed.length, 1);
    assert.equal(shop.counts.robots, 2);
    assert.equal(shop.gauges.customers, 0);

    await shop.ingest(Array.from({ length: 40 }, (_, i) =>
      makeEvent({ item: `d${i}`, session: 'scraper', customer: 'bob', atMs: nowMs - 10_000 + i })));
    assert.equal(store.eventCount, 43);
    assert.equal(shop.counts.robots, 2 + 10);
    assert.equal(retriever.observed.length, 1 + 30, 'what it had done before it was found stays');

    const metrics = new Metrics();
    observeShop(metrics, shop);
    assert.match(metrics.text(), /vitrine_events_robot_total 12\n/);
  });

  test('are left out where a log is read for training', async () => {
    const store = new MemoryStore();
    await store.append([
      ...Array.from({ length: 40 }, (_, i) => makeEvent({ item: `d${i}`, session: 'scraper', atMs: START_MS + i })),
      makeEvent({ item: 'a', session: 'bot', robot: true }), makeEvent({ item: 'c', session: 'person' }),
    ]);
    let seen = 0;
    readVisits(store, 30, () => (seen += 1));
    assert.equal(seen, 31);
  });
});
