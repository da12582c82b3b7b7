import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { MemoryStore } from '../../../server/store/memory-store.ts';
import type { Item } from '../../../server/store/store.ts';
import { CatalogueFilter, passes } from '../../../server/storefront/filter.ts';
import type { Bitmap } from '../../../server/storefront/filter.ts';
import type { Filter } from '../../../server/wire/schema.ts';

const category = fc.constantFrom('light', 'seat', 'table', 'rug');
const anyItem: fc.Arbitrary<Item> = fc.record({
  id: fc.integer({ min: 0, max: 99 }).map(String), // few ids: many replacements
  title: fc.constant('an item'),
  categories: fc.uniqueArray(category, { maxLength: 3 }),
  inStock: fc.boolean(),
});
const anyFilter: fc.Arbitrary<Filter> = fc.record(
  { category: fc.array(category, { maxLength: 3 }), inStock: fc.boolean() },
  { requiredKeys: [] },
);

function rowsOf(bits: Bitmap | undefined, itemCount: number): number[] {
  const rows = Array.from({ length: bits ? bits.length * 32 : itemCount }, (_, row) => row);
  return rows.filter((row) => !bits || (bits[row >> 5]! >>> (row & 31)) & 1);
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
        const filter = new CatalogueFilter(store);
        for (const { items, filter: wanted, hidden } of steps) {
          await store.putItems(items);
          const rows = new Set(hidden.filter((row) => row < store.itemCount));

          const got = rowsOf(filter.allow(wanted, rows), store.itemCount);

          const want = [...store.items()].filter((item) => passes(item, wanted, rows));
          assert.deepEqual(got, want.map((item) => item.row));
        }
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

    const filter = new CatalogueFilter(store);

    assert.deepEqual(rowsOf(filter.allow({}, new Set()), 2), [0]);
    const seats = { category: ['seat'], inStock: false };
    assert.deepEqual(rowsOf(filter.allow(seats, new Set()), 2), [1]);
    assert.deepEqual(rowsOf(filter.allow({ category: ['boat'] }, new Set()), 2), []);
  });

  test('a filter that every item passes needs no bitmap', async () => {
    const store = new MemoryStore();
    await store.putItems([{ id: 'a', title: 'A', categories: [], inStock: true }]);
    const filter = new CatalogueFilter(store);

    assert.equal(filter.allow({}, new Set()), undefined);
    assert.equal(filter.allow({ inStock: false }, new Set()), undefined);
    assert.notEqual(filter.allow({}, new Set([0])), undefined);
  });
});
