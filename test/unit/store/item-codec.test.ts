import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { decodeItem } from '../../../server/store/item-codec.ts';

const named = { id: 'a', title: 'a', categories: [], inStock: true, row: 0 };

suite('the record of an item', () => {
  test('says itself whether the item is declared', () => {
    assert.equal(decodeItem({ ...named, declared: true }).declared, true);
    assert.equal(decodeItem({ ...named, title: 'A', declared: false }).declared, false);
  });

  test('of an older build is a declaration where it has more than an id', () => {
    assert.equal(decodeItem(named).declared, false);
    const more = [
      { title: 'A' }, { categories: ['b'] }, { inStock: false }, { price: 0 }, { picture: 'p' },
    ];
    for (const fields of more) assert.equal(decodeItem({ ...named, ...fields }).declared, true);
  });
});
