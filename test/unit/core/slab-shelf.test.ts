import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SlabShelf } from '../../../server/core/slab-shelf.ts';

suite('SlabShelf', () => {
  test('a slab that came back is handed on to who needs the same shape, and to no other', () => {
    const shelf = new SlabShelf(2);
    const slab = shelf.take(3, [4, 8]);
    shelf.giveBack(slab);

    assert.notEqual(shelf.take(3, [8, 4]), slab);
    assert.notEqual(shelf.take(4, [4, 8]), slab);
    assert.equal(shelf.take(3, [4, 8]), slab);
    assert.notEqual(shelf.take(3, [4, 8]), slab);
  });

  test('one that somebody holds a slot of is not handed on', () => {
    const shelf = new SlabShelf(2);
    const slab = shelf.take(3, [4]);
    slab.take();
    shelf.giveBack(slab);

    assert.notEqual(shelf.take(3, [4]), slab);
  });

  test('it keeps so many and no more: the oldest makes room', () => {
    const shelf = new SlabShelf(2);
    const slabs = [1, 2, 3].map((slots) => shelf.take(slots, [4]));
    for (const slab of slabs) shelf.giveBack(slab);

    assert.notEqual(shelf.take(1, [4]), slabs[0]);
    assert.equal(shelf.take(2, [4]), slabs[1]);
    assert.equal(shelf.take(3, [4]), slabs[2]);
  });
});
