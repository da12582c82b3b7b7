import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Candidates } from '../../../../server/storefront/retrieval/candidates.ts';
import type { Source } from '../../../../server/storefront/retrieval/candidates.ts';
import type { RetrievalQuery } from '../../../../server/storefront/retrieval/retriever.ts';
import { Again } from '../../../../server/storefront/retrieval/sources/again.ts';
import { Popular } from '../../../../server/storefront/retrieval/sources/popular.ts';
import { Visits } from '../../../../server/storefront/retrieval/visits.ts';

suite('Items of the session itself', () => {
  test('the latest come first, and each time counts', () => {
    const again = new Again({ decay: 0.5 });
    assert.deepEqual(ask(again, { items: [1, 2, 3] }), [[3, 4 / 7], [2, 2 / 7], [1, 1 / 7]]);
    assert.deepEqual(ask(again, { items: [1, 1, 2, 1] }).map(([row]) => row), [1, 2]);
    assert.deepEqual(ask(again, { items: [] }), []);
  });

  test('what is not allowed is left out', () => {
    const again = new Again({ decay: 0.5 });
    assert.deepEqual(ask(again, { items: [1, 2], allow: Uint32Array.of(0b10) }), [[1, 1]]);
  });
});

suite('Popularity', () => {
  test('an observation weighs half as much after as many others as the half-life says', () => {
    const popular = new Popular({ halfLife: 10 });
    popular.observe(1, 1);
    for (let i = 0; i < 10; i += 1) popular.observe(2, 0);
    popular.observe(3, 1);

    assert.deepEqual([...popular.order], [3, 1]);
    const ratio = popular.share(3) / popular.share(1);
    assert.ok(Math.abs(ratio - 2 ** 1.1) < 1e-9, `${ratio}`);
  });

  test('a purchase weighs as its weight says, and ties go to the lower row', () => {
    const popular = new Popular({ halfLife: 1e9 });
    for (const [row, weight] of [[5, 1], [4, 1], [9, 3]] as const) popular.observe(row, weight);
    assert.equal(popular.order[0], 9);
  });

  test('its numbers stay finite however much is observed', () => {
    const popular = new Popular({ halfLife: 2 });
    for (let i = 0; i < 5000; i += 1) popular.observe(i % 7, 1);

    const shares = [...popular.order].map((row) => popular.share(row));
    assert.equal(popular.order[0], 4999 % 7);
    assert.ok(Math.abs(shares.reduce((a, b) => a + b) - 1) < 1e-9);
  });

  test('on a small shop the order follows every observation', () => {
    const popular = new Popular({ halfLife: 100 });
    for (const row of [1, 2, 2, 1, 1, 3]) popular.observe(row, 1);
    assert.equal(popular.order[0], 1);
    popular.observe(3, 1);
    popular.observe(3, 1);
    assert.equal(popular.order[0], 3);
  });

  test('allowed rows alone are answered, as many as there is room for', () => {
    const popular = new Popular({ halfLife: 100 });
    for (let row = 0; row < 40; row += 1) popular.observe(row, row + 1);
    const answer = ask(popular, { items: [], allow: Uint32Array.of(0xff00) }, 5);
    assert.deepEqual(answer.map(([row]) => row), [15, 14, 13, 12, 11]);
  });
});

suite('Visits', () => {
  test('click, view and cart of one item in a row are one visit; two views are two', () => {
    const visits = new Visits();
    const seen = [[5, 0.5], [5, 1], [5, 3], [5, 3], [6, 1], [5, 1], [5, 1]] as const;
    assert.deepEqual(
      seen.map(([row, weight]) => visits.isNew(77, row, weight)),
      [true, false, false, true, true, true, true],
    );
  });

  test('sessions are told apart', () => {
    const visits = new Visits();
    visits.isNew(1, 5, 0.5);
    assert.equal(visits.isNew(2, 5, 1), true);
    assert.equal(visits.isNew(1 + 65_536, 5, 1), true);
    assert.equal(visits.isNew(1, 5, 1), true, 'forgotten: its place was taken');
  });
});

function ask(
  source: Source,
  query: { items: number[] } & Omit<Partial<RetrievalQuery>, 'items'>,
  room = 20,
) {
  const into = new Candidates(room);
  source.find({ k: room, ...query, items: Uint32Array.from(query.items) }, into);
  return Array.from({ length: into.count }, (_, i): [number, number] => {
    const share = into.scores[i] as number;
    return [into.rows[i] as number, Math.abs(share - round(share)) < 1e-6 ? round(share) : share];
  });
}

/** The nearest seventh, so that a float's rounding does not show. */
function round(share: number): number {
  return Math.round(share * 7) / 7;
}
