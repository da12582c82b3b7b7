import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../../../server/core/prng.ts';
import { PairTable } from '../../../../../server/storefront/retrieval/sources/pair-table.ts';

const ROOMY = { pairsMax: 100_000, ownerPairsMax: 1024 };

suite('A table of pairs', () => {
  test('holds what a map of maps does, through growth, removal and a save', () => {
    for (let seed = 0; seed < 5; seed += 1) {
      const prng = new Prng(seed);
      let table = new PairTable(ROOMY, ['f64', 'f32']);
      const plain = new Map<number, Map<number, number>>();
      for (let step = 0; step < 4000; step += 1) {
        const [owner, row] = [prng.below(40), prng.below(60)];
        const theirs = plain.get(owner) ?? new Map<number, number>();
        plain.set(owner, theirs);
        const what = prng.below(50);
        if (what === 0) {
          table.clear(owner);
          theirs.clear();
        } else if (what < 6) {
          table.remove(owner, row);
          theirs.delete(row);
        } else {
          table.add(owner, row, what);
          theirs.set(row, (theirs.get(row) ?? 0) + what);
        }
        if (step % 1000 === 999) {
          const saved = table.save('pairs');
          table = new PairTable(ROOMY, ['f64', 'f32']);
          table.load('pairs', saved);
        }
      }
      for (const [owner, theirs] of plain) assert.deepEqual(pairsOf(table, owner), theirs, `seed ${seed}`);
    }
  });

  test('a full owner lets its weakest pair go for a new one', () => {
    const table = new PairTable({ pairsMax: 100, ownerPairsMax: 4 });
    for (const [row, weight] of [[1, 5], [2, 1], [3, 7], [4, 2]] as const) table.add(9, row, weight);
    const dropped: number[] = [];
    table.onDrop = (_, place) => dropped.push(table.rowAt(place));

    table.add(9, 5, 1);

    assert.deepEqual([...pairsOf(table, 9).keys()].sort(), [1, 3, 4, 5]);
    assert.deepEqual(dropped, [2]);
  });

  test('its memory has an end: in a full arena a new owner takes over the block of another', () => {
    const table = new PairTable({ pairsMax: 16, ownerPairsMax: 8 });
    for (let owner = 0; owner < 50; owner += 1) table.add(owner, 7, 1 + owner);

    const held = Array.from({ length: 50 }, (_, owner) => table.count(owner));
    assert.equal(held.filter((count) => count > 0).length, 4);
    assert.deepEqual(pairsOf(table, 49), new Map([[7, 50]]));
    assert.ok(table.bytes < 10_000);
  });
});

function pairsOf(table: PairTable, owner: number): Map<number, number> {
  const pairs = new Map<number, number>();
  for (let i = 0; i < table.count(owner); i += 1) {
    const place = table.start(owner) + i;
    pairs.set(table.rowAt(place), table.values[0]?.[place] as number);
  }
  return pairs;
}
