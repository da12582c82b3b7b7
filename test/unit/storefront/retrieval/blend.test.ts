import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../../server/core/prng.ts';
import { Blend } from '../../../../server/storefront/retrieval/blend.ts';
import { Candidates } from '../../../../server/storefront/retrieval/candidates.ts';

suite('The blend', () => {
  test('a score is the weighted sum of shares, and the reason is its largest part', () => {
    const blend = new Blend();
    blend.add(0, 1, found([[7, 3], [8, 1]]));
    blend.add(1, 2, found([[8, 1, 99]]));

    assert.deepEqual(blend.top(5), [
      { row: 8, score: 2.25, source: 1, because: 99 },
      { row: 7, score: 0.75, source: 0, because: 0xffff_ffff },
    ]);
  });

  test('the best k and the rank of every row are those of a full sort, ties by lower row', () => {
    const prng = new Prng(5);
    const blend = new Blend();
    for (let round = 0; round < 50; round += 1) {
      const scores = new Map<number, number>();
      for (let source = 0; source < 3; source += 1) {
        const draw = () => [prng.below(5000), 1 + prng.below(3)] as const;
        const drawn = Array.from({ length: 60 }, draw);
        const candidates = found([...new Map(drawn)]);
        for (let i = 0; i < candidates.count; i += 1) {
          const row = candidates.rows[i] as number;
          scores.set(row, (scores.get(row) ?? 0) + 0.5 * (candidates.scores[i] as number));
        }
        blend.add(source, 0.5, candidates);
      }
      const sorted = [...scores].sort((a, b) => b[1] - a[1] || a[0] - b[0]);

      const k = 1 + prng.below(200);
      assert.deepEqual(blend.top(k).map(({ row }) => row), sorted.slice(0, k).map(([row]) => row));
      sorted.forEach(([row], i) => assert.equal(blend.rankOf(row), i + 1));
      assert.equal(blend.rankOf(6000), Infinity);
      blend.clear();
      assert.deepEqual(blend.top(3), []);
    }
  });

  test('a source of weight 0 has no say', () => {
    const blend = new Blend();
    blend.add(0, 0, found([[1, 1]]));
    assert.deepEqual(blend.top(3), []);
  });
});

function found(list: readonly (readonly [row: number, score: number, because?: number])[]) {
  const candidates = new Candidates(list.length);
  for (const [row, score, because] of list) candidates.push(row, score, because);
  candidates.normalise();
  return candidates;
}
