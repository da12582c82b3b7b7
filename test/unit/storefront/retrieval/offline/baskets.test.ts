import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../../../server/core/prng.ts';
import {
  bestRows, measureBaskets,
} from '../../../../../server/storefront/retrieval/offline/baskets/basket-quality.ts';
import {
  basketKnn, buyAgain, customerKnn, popularBaskets,
} from '../../../../../server/storefront/retrieval/offline/baskets/basket-sources.ts';
import { cutBaskets, readInvoices } from '../../../../../server/storefront/retrieval/offline/baskets/baskets.ts';
import type { Basket } from '../../../../../server/storefront/retrieval/offline/baskets/baskets.ts';
import { repeatShare } from '../../../../../server/storefront/retrieval/offline/baskets/buy-again.ts';
import { realData } from '../../../../support/real-data.ts';

const DAY_MS = 86_400_000;

function someBaskets(seed: number): Basket[] {
  const chance = new Prng(seed);
  return Array.from({ length: 60 }, (_, at) => ({
    customer: `c${chance.below(8)}`,
    atMs: at * DAY_MS,
    items: [...new Set(Array.from({ length: 1 + chance.below(5) }, () => `i${chance.below(9)}`))],
  }));
}

function assertNear(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Math.abs(actual[i]! - expected[i]!) < 1e-6, `${i}: ${actual[i]} for ${expected[i]}`);
  }
}

suite('next basket', () => {
  test('asked is the first basket after the cut that holds a known item, of known customers', () => {
    const basket = (customer: string, day: number, ...items: string[]): Basket =>
      ({ customer, atMs: day * DAY_MS, items });
    const data = cutBaskets([
      basket('a', 0, 'x', 'y'), basket('b', 1, 'y'), basket('new', 3, 'x'),
      basket('a', 4, 'never sold'), basket('a', 5, 'y', 'never sold'), basket('a', 6, 'x'),
      basket('b', 9, 'x'),
    ], 2 * DAY_MS, 8 * DAY_MS);

    assert.equal(data.itemCount, 2);
    assert.deepEqual(data.histories, [[{ ageDays: 2, rows: [0, 1] }], [{ ageDays: 1, rows: [1] }]]);
    assert.deepEqual(data.questions, [{ customer: 0, target: new Set([1]) }]);
  });

  test('sources give what plain sums over the baskets give', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const data = cutBaskets(someBaskets(seed), 50 * DAY_MS, Infinity);
      const rows = Array.from({ length: data.itemCount }, (_, row) => row);
      const all = data.histories.flat();
      const own = (customer: number): number[] => rows.map((row) => data.histories[customer]!
        .reduce((sum, one) => sum + (one.rows.includes(row) ? 2 ** (-one.ageDays / 20) : 0), 0));
      const count = (...some: number[]): number =>
        all.filter((one) => some.every((row) => one.rows.includes(row))).length;

      assertNear(popularBaskets(data, Infinity, '').score(0), rows.map((row) => count(row)));
      for (const customer of data.histories.keys()) {
        const mine = own(customer);
        assertNear(buyAgain(data, 20).score(customer), mine);
        assertNear(basketKnn(data, 20).score(customer), rows.map((to) =>
          rows.reduce((sum, from) => sum + (from === to ? 0 :
            mine[from]! * count(from, to) / Math.sqrt((count(from) + 20) * (count(to) + 20))), 0)));
        const others = [...data.histories.keys()].filter((other) => other !== customer);
        const unit = (vector: number[]): number[] => vector.map((x) => x / Math.hypot(...vector));
        assertNear(customerKnn(data, 20).score(customer), rows.map((row) =>
          others.reduce((sum, other) => {
            const theirs = unit(own(other));
            const likeness = unit(mine).reduce((dot, x, i) => dot + x * theirs[i]!, 0);
            return sum + likeness * theirs[row]!;
          }, 0)));
      }
    }
  });

  test('an item that its customers buy again has the higher repeat share', () => {
    const once = { ageDays: 0, rows: [0, 1] };
    const shares = repeatShare([[once, { ageDays: 3, rows: [1] }], [once]], 3);
    assertNear(shares, [2 / 12, 3 / 12, 2 / 10]);
  });

  test('the best rows are those a full sort puts first', () => {
    const chance = new Prng(3);
    for (let round = 0; round < 100; round++) {
      const scores = Array.from({ length: 30 }, () => chance.below(6) || -Infinity);
      const sorted = [...scores.keys()].filter((row) => scores[row] !== -Infinity)
        .sort((a, b) => scores[b]! - scores[a]! || a - b);
      assert.deepEqual(bestRows(scores, 7), sorted.slice(0, 7));
    }
  });

  test('a basket of known items found in full has recall and gain 1, precision its share of 20', () => {
    const data = {
      itemCount: 40,
      histories: [[{ ageDays: 1, rows: [5] }]],
      questions: [{ customer: 0, target: new Set([5, 6]) }],
      codes: [],
      customers: [],
    };
    const scores = Float64Array.from({ length: 40 }, (_, row) => (row === 5 || row === 6 ? 2 : 1));
    const all = measureBaskets(data, false, () => scores);
    const { coverage, novelty, popularityBias, ...worth } = all;
    assert.deepEqual(worth, { asked: 1, hitRate: 1, recall: 1, precision: 0.1, ndcg: 1 });
    assert.deepEqual([coverage, popularityBias], [10 / 40, 1 / 10]);
    assert.ok(Math.abs(novelty) < 1e-12);
    assert.equal(measureBaskets(data, true, () => scores).precision, 0.05, 'of new ones, 6 alone');
  });
});

const retail = realData('online_retail/online_retail.csv.gz');

test('on Online Retail, what customers had themselves has its reference scores', { skip: retail.skip },
  async () => {
    const data = cutBaskets(
      await readInvoices(retail.path), Date.parse('2011-11-09T23:59:59Z'), Infinity,
    );
    const own = buyAgain(data, 60);
    const { asked, recall, hitRate } = measureBaskets(data, false, (one) => own.score(one));

    assert.deepEqual([asked, data.histories.length, data.itemCount], [1374, 4082, 3622]);
    assert.ok(Math.abs(recall - 0.321) < 0.003, String(recall));
    assert.ok(Math.abs(hitRate - 0.878) < 0.004, String(hitRate));
  });
