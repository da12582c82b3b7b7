import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { loadAddon } from '../../../server/ann/binding.ts';
import type { NativeBitmap } from '../../../server/ann/binding.ts';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import type { Item, StoredItem } from '../../../server/store/store.ts';
import { CatalogueFilter } from '../../../server/storefront/filter.ts';
import type { Filter } from '../../../server/wire/schema.ts';
import { makeEvent } from '../../support/shop-events.ts';

const addon = loadAddon();

const category = fc.constantFrom('light', 'seat', 'table', 'rug');
const price = fc.integer({ min: 0, max: 5 });
const anyItem: fc.Arbitrary<Item> = fc.record({
  id: fc.integer({ min: 0, max: 99 }).map(String), // few ids: many replacements
  title: fc.constant('an item'),
  categories: fc.array(category, { maxLength: 3 }), // the same one twice, too
  inStock: fc.boolean(),
  price,
}, { requiredKeys: ['id', 'title', 'categories', 'inStock'] });
const anyFilter: fc.Arbitrary<Filter> = fc.record({
  category: fc.array(fc.oneof(category, fc.constant('boat')), { maxLength: 3 }),
  inStock: fc.boolean(),
  priceMin: price,
  priceMax: price,
}, { requiredKeys: [] });

/** Whether one item passes, said as plainly as can be: the oracle. */
function passes(item: StoredItem, filter: Filter, hidden: ReadonlySet<number>): boolean {
  if (hidden.has(item.row)) return false;
  if ((filter.inStock ?? true) && !item.inStock) return false;
  const { price = NaN } = item;
  if (filter.priceMin !== undefined && !(price >= filter.priceMin)) return false;
  if (filter.priceMax !== undefined && !(price <= filter.priceMax)) return false;
  if (filter.category === undefined) return true;
  return filter.category.some((category) => item.categories.includes(category));
}

function rowsOf(bitmap: NativeBitmap | undefined, itemCount: number): number[] {
  if (!bitmap) return Array.from({ length: itemCount }, (_, row) => row);
  const rows = new Uint32Array(bitmap.count + 1);
  return [...rows.subarray(0, bitmap.rows(0, rows))];
}

suite('CatalogueFilter', () => {
  test('lets pass just what the plain predicate does, as items come and change', async () => {
    const step = fc.record({
      items: fc.array(anyItem, { minLength: 1, maxLength: 60 }),
      filter: anyFilter,
      hidden: fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 5 }),
    });

    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
        const store = new MemoryStore();
        const filter = new CatalogueFilter(store, addon);
        for (const { items, filter: wanted, hidden } of steps) {
          await store.putItems(items);
          const rows = new Set(hidden.filter((row) => row < store.itemCount));

          const bitmap = filter.allow(wanted, rows);

          const want = [...store.items()].filter((item) => passes(item, wanted, rows));
          assert.deepEqual(rowsOf(bitmap, store.itemCount), want.map((item) => item.row));
          if (bitmap) assert.equal(bitmap.count, want.length);
          const known = !wanted.category && wanted.priceMin === undefined && wanted.priceMax === undefined;
          if (known && want.length === store.itemCount) assert.equal(bitmap, undefined);
        }
        filter.stop();
      }),
      { numRuns: 200, seed: 3 },
    );
  });

  test('a store that has items already is known from the start', async () => {
    const store = new MemoryStore();
    await store.putItems([
      { id: 'a', title: 'A', categories: ['light'], inStock: true },
      { id: 'b', title: 'B', categories: ['seat'], inStock: false },
    ]);

    const filter = new CatalogueFilter(store, addon);

    assert.deepEqual(rowsOf(filter.allow({}, new Set()), 2), [0]);
    const seats = { category: ['seat'], inStock: false };
    assert.deepEqual(rowsOf(filter.allow(seats, new Set()), 2), [1]);
    assert.deepEqual(rowsOf(filter.allow({ category: ['boat'] }, new Set()), 2), []);
  });

  test('once an item is declared, those that only events name pass no filter', async () => {
    const store = new MemoryStore();
    await store.append([makeEvent({ item: 'a' }), makeEvent({ item: 'b' }), makeEvent({ item: 'c' })]);
    const filter = new CatalogueFilter(store, addon);

    assert.equal(filter.allow({}, new Set()), undefined);
    await store.putItems([{ id: 'b', title: 'B', categories: [], inStock: true }]);
    assert.deepEqual(rowsOf(filter.allow({}, new Set()), 3), [1]);
    await store.putItems([{ id: 'c', title: 'c', categories: [], inStock: true }]);
    assert.deepEqual(rowsOf(filter.allow({ inStock: false }, new Set()), 3), [1, 2]);
  });

  test('a filter that every item passes needs no bitmap', async () => {
    const store = new MemoryStore();
    await store.putItems([{ id: 'a', title: 'A', categories: ['light'], inStock: true }]);
    const filter = new CatalogueFilter(store, addon);

    assert.equal(filter.allow({}, new Set()), undefined);
    assert.equal(filter.allow({ inStock: false }, new Set()), undefined);
    assert.equal(filter.allow({ category: ['light'] }, new Set()), undefined);
    assert.notEqual(filter.allow({}, new Set([0])), undefined);
  });

  test('a change in a catalogue of 100,000 items is in the very next filter, within milliseconds', async () => {
    const store = new MemoryStore();
    const item = (i: number, inStock = true): Item =>
      ({ id: `${i}`, title: 'an item', categories: [`kind ${i % 50}`], inStock, price: i });
    await store.putItems(Array.from({ length: 100_000 }, (_, i) => item(i)));
    const filter = new CatalogueFilter(store, addon);
    const wanted: Filter = { category: ['kind 7'] };
    assert.equal(filter.allow(wanted, new Set())?.count, 2000);

    const tookMs: number[] = [];
    for (let i = 0; i < 20; i += 1) {
      const startMs = performance.now();
      await store.putItems([item(50 * i + 7, false)]);
      assert.equal(filter.allow(wanted, new Set())?.count, 2000 - 1 - i);
      tookMs.push(performance.now() - startMs);
    }

    const medianMs = tookMs.sort((a, b) => a - b)[10] as number;
    assert.ok(medianMs < 5, `${medianMs} ms from the change to the filter`);
  });

  test('a filter that is stopped no longer follows the store', async () => {
    const store = new MemoryStore();
    const filter = new CatalogueFilter(store, addon);

    filter.stop();

    await store.putItems([{ id: 'a', title: 'A', categories: [], inStock: true }]);
    assert.throws(() => filter.allow({}, new Set()), { code: 'bad_argument' });
  });
});
