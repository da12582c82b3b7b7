import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { Ring } from '../../../server/core/ring.ts';
import { gatherRows, scatterRows } from '../../../server/core/rows.ts';
import { Slab, slabRegions } from '../../../server/core/slab.ts';

suite('Ring', () => {
  test('gives back in order what a queue of any length would, at every capacity', () => {
    const prng = new Prng(9);
    for (let capacity = 1; capacity <= 9; capacity += 1) {
      const ring = new Ring<number>(capacity);
      const queue: number[] = [];
      for (let step = 0; step < 500; step += 1) {
        if (prng.below(2) === 0 && !ring.full) {
          ring.push(step);
          queue.push(step);
        } else {
          assert.equal(ring.peek(), queue[0]);
          assert.equal(ring.shift(), queue.shift());
        }
        assert.equal(ring.count, queue.length);
        assert.equal(ring.full, queue.length === capacity);
      }
    }
  });

  test('a push into a full ring is a defect', () => {
    const ring = new Ring<number>(3);
    for (const value of [1, 2, 3]) ring.push(value);
    assert.throws(() => ring.push(4), /full/);
  });
});

suite('Slab', () => {
  test('regions start on cache lines and do not overlap, whatever the row sizes', () => {
    const slab = new Slab(5, [3, 128, 1, 8]);
    for (const { byteOffset } of slab.regions) assert.equal(byteOffset % 64, 0);
    slab.regions.forEach((region, at) => region.fill(at + 1));
    slab.regions.forEach((region, at) => assert.ok(region.every((byte) => byte === at + 1)));
    assert.deepEqual(slab.regions.map((region) => region.length), [15, 640, 5, 40]);
  });

  test('every slot is handed out once, then none, and comes back in order', () => {
    const slab = new Slab(3, [4]);
    assert.deepEqual([slab.take(), slab.take(), slab.take(), slab.take()], [0, 1, 2, -1]);
    slab.giveBack(1);
    slab.giveBack(0);
    assert.equal(slab.freeCount, 2);
    assert.deepEqual([slab.take(), slab.take()], [1, 0]);
  });

  test('another thread sees the same rows through the memory and the layout', () => {
    const slab = new Slab(4, [8, 4]);
    const seen = slabRegions(slab.memory, slab.layout);
    slab.regions[1]?.set([1, 2, 3, 4], 8);
    assert.deepEqual([...(seen[1]?.subarray(8, 12) ?? [])], [1, 2, 3, 4]);
  });
});

suite('Rows', () => {
  test('gather and scatter move each row to its slot, neighbours or not', () => {
    const prng = new Prng(21);
    for (const rowBytes of [1, 4, 7, 128]) {
      for (const slots of [[0], [3, 4, 5], [5, 4, 3], [0, 1, 7, 8, 2], [9, 0]]) {
        const region = Uint8Array.from({ length: 10 * rowBytes }, () => prng.below(256));
        const block = new Uint8Array(slots.length * rowBytes);
        gatherRows(region, Int32Array.from(slots), slots.length, rowBytes, block);
        slots.forEach((slot, row) => {
          assert.deepEqual(
            block.subarray(row * rowBytes, (row + 1) * rowBytes),
            region.subarray(slot * rowBytes, (slot + 1) * rowBytes));
        });

        const back = region.slice().fill(0);
        scatterRows(block, Int32Array.from(slots), slots.length, rowBytes, back);
        for (let at = 0; at < back.length; at += 1) {
          const own = slots.includes(Math.floor(at / rowBytes));
          assert.equal(back[at], own ? region[at] : 0);
        }
      }
    }
  });
});
