import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { FakeClock } from '../../support/fake-clock.ts';
import { CATEGORIES, goods, LEARNED, openLiveShop } from '../../support/live-shop.ts';
import { makeEvent } from '../../support/shop-events.ts';

const [first, second, third] = LEARNED as [string, string, string];
const NEW = ['new-0', 'new-1', 'new-2'];

suite('A change of the catalogue', () => {
  test('that removes an item is in the next answer, and so is its return', async () => {
    const { shop, ids, store, clock } = await openLiveShop();
    const [nearest] = await ids(first) as [string];

    assert.deepEqual(await shop.catalogue({ put: [], remove: [nearest, 'nobody'] }), { put: 0, removed: 1 });

    assert.ok(!(await ids(first, 12)).includes(nearest));
    const popular = await shop.recommend({ k: 20, filter: {} });
    assert.ok(!popular.items.some(({ item }) => item === nearest));
    const again = await openLiveShop({ store, clock });
    assert.ok(!(await again.ids(first, 12)).includes(nearest));
    await shop.catalogue({ put: [goods(nearest)], remove: [] });
    assert.equal((await ids(first))[0], nearest);
  });

  test('an event that names a removed item does not bring it back', async () => {
    const { shop, ids } = await openLiveShop();
    await shop.catalogue({ put: [], remove: [second] });

    await shop.ingest([makeEvent({ item: second }), makeEvent({ item: first })]);

    assert.ok(!(await ids(first, 12)).includes(second));
  });

  test('a new item is found by its category at once, and says so', async () => {
    const { shop, similar } = await openLiveShop();
    const ofLight = LEARNED.filter((_, i) => i % CATEGORIES.length === 0);

    await shop.catalogue({ put: [goods('new-0', { categories: ['light'] })], remove: [] });

    const found = await similar('new-0', 4);
    assert.equal(found[0]?.reason.code, 'similar');
    assert.ok(found.filter(({ item }) => ofLight.includes(item)).length >= 2);
    const shown = (await similar(first, 12)).find(({ item }) => item === 'new-0');
    assert.equal(shown?.reason.cold, 'category');
    assert.equal((await similar('new-0'))[0]?.reason.cold, undefined); // that one was learned
  });

  test('from its first visit on it lies where its visitors have been', async () => {
    const { shop, similar } = await openLiveShop();
    await shop.catalogue({ put: [goods('new-0', { categories: ['light'] })], remove: [] });

    await shop.ingest([second, 'new-0'].map((item) => makeEvent({ item })));

    const found = (await similar(second, 12)).find(({ item }) => item === 'new-0');
    assert.equal(found?.reason.cold, 'visits');
    assert.ok((found?.score ?? 0) > 0.999, 'it has but one neighbour');
    await shop.ingest([makeEvent({ item: third })]);
    assert.ok(((await similar(second, 12)).find(({ item }) => item === 'new-0')?.score ?? 1) < 0.99);
  });

  test('an item that was learned before the shop had it is found as it was learned', async () => {
    const { MemoryStore } = await import('../../../server/store/memory-store.ts');
    const store = new MemoryStore();
    await store.putItems(LEARNED.slice(1).map((id) => goods(id)));
    const late = await openLiveShop({ store });
    const whole = await openLiveShop();

    await late.shop.catalogue({ put: [goods(first)], remove: [] });

    assert.deepEqual(await late.ids(first, 8), await whole.ids(first, 8));
    assert.equal((await late.similar(second, 12)).find(({ item }) => item === first)?.reason.cold, undefined);
  });

  test('many changes later no removed item is shown, and a restart changes no answer', async () => {
    const step = fc.oneof(
      fc.record({ view: fc.constantFrom(...LEARNED, ...NEW), session: fc.constantFrom('a', 'b') }),
      fc.record({
        put: fc.constantFrom(...LEARNED, ...NEW),
        categories: fc.subarray(CATEGORIES),
      }),
      fc.record({ remove: fc.constantFrom(...LEARNED, ...NEW) }),
    );
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const clock = new FakeClock();
      const lived = await openLiveShop({ clock });
      const removed = new Set<string>();
      for (const one of steps) {
        if ('view' in one) {
          const { view: item, session } = one;
          await lived.shop.ingest([makeEvent({ item, session, atMs: clock.wallMs() })]);
        } else if ('put' in one) {
          removed.delete(one.put);
          await lived.shop.catalogue({ put: [goods(one.put, one)], remove: [] });
        } else {
          if (lived.store.item(one.remove)) removed.add(one.remove);
          await lived.shop.catalogue({ put: [], remove: [one.remove] });
        }
        const shown = (await lived.shop.recommend({ session: 'a', k: 20, filter: {} })).items;
        assert.ok(!shown.some(({ item }) => removed.has(item)));
      }
      const again = await openLiveShop({ clock, store: lived.store });
      for (const { id } of lived.store.items()) {
        const before = await lived.similar(id, 20);
        assert.ok(!before.some(({ item }) => removed.has(item)), `${id} shows what is gone`);
        assert.deepEqual(await again.similar(id, 20), before);
      }
    }), { numRuns: 60 });
  });
});
