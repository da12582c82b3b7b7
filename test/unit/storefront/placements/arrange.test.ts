import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { parseTerm } from '../../../../server/storefront/language/parser.ts';
import { checkTerm } from '../../../../server/storefront/language/check.ts';
import { arrange } from '../../../../server/storefront/placements/arrange.ts';
import type { Candidate, Surroundings } from '../../../../server/storefront/placements/arrange.ts';
import { cappedFields } from '../../../../server/storefront/placements/caps.ts';
import { relevance } from '../../../../server/storefront/placements/diversity.ts';
import type { Arranging } from '../../../../server/storefront/placements/plan.ts';
import { oneOf, rerank } from '../../../../server/storefront/placements/rerank.ts';
import { Showings } from '../../../../server/storefront/placements/showings.ts';
import { unitOf } from '../../../../server/storefront/placements/unit-vectors.ts';
import { print } from '../../../../server/storefront/language/print.ts';

const HOUR_MS = 3_600_000;
const NONE: Arranging = {
  boosts: [], diversity: 0, caps: [], rotation: 0, halfLifeMs: 24 * HOUR_MS, minRelevance: 0, shuffle: 0,
};
/** Rows 0..5: three lamps, two chairs, a rug; rows 0 and 1 nearly the same vector. */
const KINDS = ['lamp', 'lamp', 'lamp', 'chair', 'chair', 'rug'];
const VECTORS = [[1, 0], [0.99, 0.1], [0, 1], null, null, null];
const around = (more: Partial<Surroundings> = {}): Surroundings => ({
  itemAt: (row) => ({ id: String(row), categories: [KINDS[row]!], inStock: true, price: row }),
  categoriesOf: (row) => [KINDS[row]!],
  unitOf: (row) => unitOf(VECTORS[row] ? Float32Array.from(VECTORS[row]) : null),
  setting: { nowMs: 0 }, seed: 7, shown: () => 0,
  ...more,
});
const found = (...scores: number[]): Candidate[] => scores.map((score, row) => ({ row, score }));
const chosen = (candidates: Candidate[], k: number, rules: Partial<Arranging>, more?: Partial<Surroundings>) =>
  arrange(candidates, k, { ...NONE, ...rules }, around(more))
    .filter(({ to }) => to > 0).sort((a, b) => a.to - b.to).map(({ candidate }) => candidate.row);

suite('arrange', () => {
  test('without rules, the best k as they were found', () => {
    assert.deepEqual(chosen(found(6, 5, 4, 3, 2, 1), 3, {}), [0, 1, 2]);
    assert.deepEqual(chosen(found(1, 1, 1), 9, {}), [0, 1, 2]);
    assert.deepEqual(chosen([], 9, { diversity: 1 }), []);
  });

  test('boosts come before places, and an addend of 1 is the best score', () => {
    const boosts = (...terms: string[]) => terms.map((term) => checkTerm(parseTerm(term), new Map()));

    assert.deepEqual(chosen(found(6, 5, 4, 3), 4, { boosts: boosts('10 if category = "chair"') }), [3, 0, 1, 2]);
    const [first] = arrange(found(6, 0), 2, { ...NONE, boosts: boosts('+ 1 if id = "1"') }, around());
    assert.equal(first?.score, 6);
    assert.deepEqual(chosen(found(6, 0), 2, { boosts: boosts('+ 1.5 if id = "1"') }), [1, 0]);
  });

  test('no value has more items than its cap, and who is left out is told why', () => {
    const caps = cappedFields({ category: 1 }, new Map());

    assert.deepEqual(chosen(found(6, 5, 4, 3, 2, 1), 6, { caps }), [0, 3, 5]);
    const all = arrange(found(6, 5, 4, 3, 2, 1), 2, { ...NONE, caps }, around());
    assert.deepEqual(all.map(({ left }) => left),
      ['', 'cap: 1 of category lamp', 'cap: 1 of category lamp', '', 'others are better', 'others are better']);
    assert.throws(() => cappedFields({ colour: 1 }, new Map()), /no item has an attribute 'colour'/);
  });

  test('diversity is maximal marginal relevance: by vectors where there are any, else by categories', () => {
    // After row 0: row 1 is worth .5 x .63 - .5 x .995, row 2 (at right angles) .5 x .5, row 3 .5 x .43.
    assert.deepEqual(chosen(found(6, 5, 4, 3, 2, 1), 6, { diversity: 0.5 }), [0, 2, 3, 5, 1, 4]);
    assert.deepEqual(chosen(found(6, 5, 4, 3, 2, 1), 3, { diversity: 0 }), [0, 1, 2]);
    assert.equal(relevance(1), 1);

    // The plain formula, step by step, is the oracle.
    const like = (a: number, b: number): number => {
      const [x, y] = [VECTORS[a], VECTORS[b]];
      if (!x || !y) return KINDS[a] === KINDS[b] ? 1 : 0;
      return Math.max(0, (x[0]! * y[0]! + x[1]! * y[1]!) / (Math.hypot(...x) * Math.hypot(...y)));
    };
    for (const diversity of [0.1, 0.3, 0.7, 1]) {
      const picked: number[] = [];
      while (picked.length < 6) {
        const worth = (row: number) =>
          (1 - diversity) * relevance(row + 1) - diversity * Math.max(0, ...picked.map((one) => like(row, one)));
        const open = [0, 1, 2, 3, 4, 5].filter((row) => !picked.includes(row));
        picked.push(open.reduce((best, row) => (worth(row) > worth(best) + 1e-6 ? row : best)));
      }
      assert.deepEqual(chosen(found(6, 5, 4, 3, 2, 1), 6, { diversity }), picked, `${diversity}`);
    }
  });

  test('what nothing speaks for comes last, however unlike it is; a later step behind an earlier', () => {
    assert.deepEqual(chosen(found(6, 5, 0, 0), 4, { diversity: 1 }), [0, 1, 3, 2]);
    const late = [{ row: 0, score: 1 }, { row: 3, score: 9, step: 1 }];
    assert.deepEqual(chosen(late, 2, { shuffle: 0.1 }), [0, 3]);
  });

  test('what is less relevant than asked for is not shown, even where places stay empty', () => {
    assert.deepEqual(chosen(found(10, 6, 4.9, 0), 4, { minRelevance: 0.5 }), [0, 1]);
    assert.deepEqual(chosen(found(0, 0), 2, { minRelevance: 0.5 }), [0, 1]); // none is better than another
  });

  test('an item loses the stated share each time it was shown, and chance is the seed’s', () => {
    const shown = (row: number) => (row === 0 ? 2 : 0);
    const [best, fallen] = arrange(found(10, 9), 2, { ...NONE, rotation: 0.2 }, around({ shown }));

    assert.deepEqual([best?.candidate.row, fallen?.score.toFixed(9)], [1, (10 * 0.8 ** 2).toFixed(9)]);
    const list = (seed: number) => chosen(found(6, 5.5, 5, 4.5, 4, 3.5), 6, { shuffle: 0.5 }, { seed });
    assert.deepEqual(list(1), list(1));
    assert.notDeepEqual(list(1), list(2));
  });
});

suite('Showings', () => {
  test('a showing counts half after each half-life, and nothing once the item was clicked', () => {
    const showings = new Showings();
    showings.show('v', [1, 2], 0, 24 * HOUR_MS);
    showings.show('v', [1], 24 * HOUR_MS, 24 * HOUR_MS);

    assert.equal(showings.of('v', 1, 24 * HOUR_MS, 24 * HOUR_MS), 1.5);
    assert.equal(showings.of('v', 2, 48 * HOUR_MS, 24 * HOUR_MS), 0.25);
    assert.equal(showings.of('w', 1, 0, 1), 0);
    showings.clicked('v', 1);
    assert.equal(showings.of('v', 1, 24 * HOUR_MS, 24 * HOUR_MS), 0);
  });

  test('of too many visitors or items the oldest go', () => {
    const showings = new Showings(2, 3);
    for (const visitor of ['a', 'b', 'a', 'c']) showings.show(visitor, [1, 2, 3, 4], 0, 1);

    assert.deepEqual(['a', 'b', 'c'].map((visitor) => showings.of(visitor, 4, 0, 1) > 0), [true, false, true]);
    assert.equal(showings.of('c', 1, 0, 1), 0);
  });
});

suite('rerank', () => {
  test('mixes the given order with the sources’ say; none is lost, what is not for sale stands behind', () => {
    const say = [{ row: 12, score: 2, source: 'taste' as const }, { row: 11, score: 0, source: 'popular' as const }];
    const ranked = rerank([10, 11, 12], say, 0.5, (row) => row !== 10);

    assert.deepEqual(ranked.map(({ row, score, source, step }) => [row, score.toFixed(3), source, step]), [
      [10, '0.500', 'search', 1], [11, (0.5 / Math.log2(3)).toFixed(3), 'search', 0], [12, '0.750', 'taste', 0],
    ]);
    assert.equal(print(oneOf(['a"b', 'c'])), 'id in ("a\\"b", "c")');
  });
});
