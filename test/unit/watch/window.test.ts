import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../server/core/prng.ts';
import { RowWindow } from '../../../server/watch/window.ts';

suite('the window of rows', () => {
  const size = { columns: 2, slots: 3, slotMs: 1000, rowsMax: 50 };

  test('holds the rows of the last slots, and lets the older go', () => {
    const window = new RowWindow(size, new Prng(1));
    for (let ms = 0; ms < 6000; ms += 500) window.add([ms, NaN], ms);
    assert.deepEqual(window.count(5999), { seen: 6, kept: 6 });
    const { sorted } = window.column(0, 5999);
    assert.deepEqual([...sorted], [3000, 3500, 4000, 4500, 5000, 5500]);
    assert.equal(window.column(1, 5999).missing, 6);
    assert.deepEqual(window.count(9000), { seen: 0, kept: 0 });
  });

  test('of more rows than fit, each is kept with the same chance', () => {
    const kept = new Array<number>(200).fill(0);
    for (let seed = 1; seed <= 400; seed += 1) {
      const window = new RowWindow(size, new Prng(seed));
      for (let row = 0; row < 200; row += 1) window.add([row, 0], 10);
      assert.deepEqual(window.count(10), { seen: 200, kept: 50 });
      window.eachRow(10, (row) => { kept[row[0]!]! += 1; });
    }
    const [early, late] = [kept.slice(0, 100), kept.slice(100)]
      .map((half) => half.reduce((sum, count) => sum + count, 0)) as [number, number];
    assert.ok(Math.abs(early - late) < 300, `${early} and ${late} of 20,000`);
    assert.ok(kept.every((count) => count > 60 && count < 140)); // 100 expected, sd 8.7
  });
});
