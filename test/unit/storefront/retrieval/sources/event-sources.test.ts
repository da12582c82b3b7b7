import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../../../server/ann/binding.ts';
import { Prng } from '../../../../../server/core/prng.ts';
import { Candidates } from '../../../../../server/storefront/retrieval/candidates.ts';
import { EventSources } from '../../../../../server/storefront/retrieval/event-sources.ts';
import type { EventReason } from '../../../../../server/storefront/retrieval/event-sources.ts';
import {
  basketKnn, customerKnn,
} from '../../../../../server/storefront/retrieval/offline/baskets/basket-sources.ts';
import type { NextBasket } from '../../../../../server/storefront/retrieval/offline/baskets/baskets.ts';
import { ownFrequency } from '../../../../../server/storefront/retrieval/offline/baskets/buy-again.ts';
import { countRows } from '../../../../../server/storefront/retrieval/offline/leave-one-out.ts';
import { PairScorer } from '../../../../../server/storefront/retrieval/offline/pair-scorer.ts';
import { damp } from '../../../../../server/storefront/retrieval/offline/pairs.ts';
import { followers, forerunners } from '../../../../../server/storefront/retrieval/offline/rules.ts';
import { Scores } from '../../../../../server/storefront/retrieval/offline/scores.ts';
import { packSessions } from '../../../../../server/storefront/retrieval/past-sessions.ts';
import type { RetrievalQuery } from '../../../../../server/storefront/retrieval/retriever.ts';
import { DEFAULT_SETTINGS } from '../../../../../server/storefront/retrieval/settings.ts';
import { dueRate } from '../../../../../server/storefront/retrieval/sources/buy-again.ts';

const addon = loadAddon();
const DAY_MS = 86_400_000;
const ITEMS = 40;
const T0 = Date.UTC(2026, 0, 1);

suite('Sources that learn from events', () => {
  test('buying again is own frequency with decay, as offline', () => {
    const { sources, data, customers } = shop(1);
    customers.forEach((customer, at) => {
      const plain = ownFrequency(data.histories[at]!, ITEMS, DEFAULT_SETTINGS.purchases.halfLifeDays);
      const [best] = ranked(plain);
      const found = answer(sources, 'buy_again', { customer, items: new Uint32Array(0), k: 5 });

      assert.equal(found[0]?.row, best?.row);
      assert.deepEqual(new Set(found.map(({ row }) => row)), new Set(ranked(plain).map(({ row }) => row)));
    });
  });

  test('customer neighbours are the nearest by the cosine of all their purchases', () => {
    const { sources, data, customers } = shop(2);
    const plain = customerKnn(data, DEFAULT_SETTINGS.purchases.halfLifeDays, 300);
    customers.forEach((customer, at) => {
      const found = answer(sources, 'customer_neighbours', { customer, items: new Uint32Array(0), k: 5 });
      alike(found, ranked(plain.score(at)));
    });
  });

  test('what is bought together is the damped cosine of orders', () => {
    const { sources, data } = shop(3);
    const one = { ...data, histories: [[{ ageDays: 0, rows: [4] }]], questions: [] };
    const plain = basketKnn({ ...data, histories: [...data.histories, ...one.histories] }, Infinity);
    const scores = plain.score(data.histories.length);
    scores[4] = 0;
    const found = answer(sources, 'bought_together', { items: Uint32Array.of(4), k: 5 });

    // The oracle counts one order more of item 4, which scales all its scores alike.
    alike(found, ranked(scores));
    assert.ok(found.every(({ because }) => because === 4));
  });

  test('rules over histories are those of offline, forward and backward', () => {
    const { sources, lines } = shop(4);
    const past = packSessions(lines);
    const counts = countRows(past, ITEMS);
    const by = { lambda: 20, from: 0.5, to: 0 };
    for (const [reason, table] of [
      ['followed_later', followers(past, ITEMS)], ['came_before', forerunners(past, ITEMS)],
    ] as const) {
      const scorer = new PairScorer(reason, damp(table, counts, by), DEFAULT_SETTINGS.histories);
      const items = Uint32Array.of(3, 9, 14);
      const scores = new Scores(ITEMS);
      scorer.score(items, scores);
      scores.drop(items);

      alike(answer(sources, reason, { items, k: 5 }), ranked(scores.values));
    }
  });

  test('every source has an event in the next answer, and all of it again after a save', () => {
    const { sources } = shop(5);
    const fresh = new EventSources(addon, DEFAULT_SETTINGS, () => true);
    const at = (rows: number[]) => ({ type: 'purchase' as const, atMs: T0 + 400 * DAY_MS, rows });
    for (let i = 0; i < 40_000; i += 1) sources.observe(i % ITEMS, 1);
    for (const rows of [[51, 52], [53]]) {
      sources.take(at(rows));
      sources.credit('new', at(rows));
      for (const row of rows) for (let i = 0; i < 5; i += 1) sources.observe(row, 1);
    }
    fresh.load(sources.save());
    const query = { items: Uint32Array.of(51), recent: [51, 52, 53], customer: 'new', k: 5 };
    for (const each of [sources, fresh]) {
      const rows = (reason: EventReason) => answer(each, reason, query).map(({ row }) => row);
      assert.ok(rows('bought_together').includes(52));
      assert.deepEqual(rows('buy_again').sort(), [51, 52, 53]);
      assert.deepEqual(rows('trending').sort(), [51, 52, 53]);
      assert.deepEqual(rows('recently_viewed'), [53, 52, 51]);
      for (const reason of ['followed_later', 'customers_also'] as const) {
        const found = answer(each, reason, { items: Uint32Array.of(52), k: 5 }).map(({ row }) => row);
        assert.ok(found.includes(53), reason);
      }
      const before = answer(each, 'came_before', { items: Uint32Array.of(53), k: 5 });
      assert.deepEqual(before.map(({ row }) => row).sort(), [51, 52]);
      const near = answer(each, 'history_neighbours', { items: Uint32Array.of(52), k: 5 });
      assert.ok(near.some(({ row }) => row === 53));
    }
    assert.deepEqual(fresh.save(), sources.save());
  });

  test('a customer who is forgotten is nobody\'s neighbour and has nothing to buy again', () => {
    const sources = new EventSources(addon, DEFAULT_SETTINGS, () => true);
    const buy = (customer: string, rows: number[]) =>
      sources.credit(customer, { type: 'purchase', atMs: T0, rows });
    buy('a', [1, 2]);
    buy('b', [1, 3]);
    const items = new Uint32Array(0);
    const near = () => answer(sources, 'customer_neighbours', { customer: 'b', items, k: 5 });
    assert.ok(near().some(({ row }) => row === 2));

    assert.equal(sources.forget('a'), true);
    assert.equal(sources.forget('a'), false);

    assert.deepEqual(near(), []);
    assert.deepEqual(answer(sources, 'buy_again', { customer: 'a', items, k: 5 }), []);
    buy('c', [4]); // takes over the number, and nothing else
    assert.deepEqual(answer(sources, 'buy_again', { customer: 'c', items, k: 5 }).map(({ row }) => row), [4]);
  });

  test('an item is due when as many days have gone by as usually do', () => {
    const rate = (since: number) => dueRate(4, 90, since, 30);
    assert.ok(rate(30) > rate(5) && rate(30) > rate(55));
    assert.ok(rate(100) < rate(55));
  });

  test('only sources that weigh something are made', () => {
    const none = new EventSources(addon, DEFAULT_SETTINGS, () => false);
    none.credit('a', { type: 'purchase', atMs: T0, rows: [1] });
    assert.deepEqual([none.list.length, none.bytes], [0, 8192]);
    const one = new EventSources(addon, DEFAULT_SETTINGS, (reason) => reason === 'came_before');
    assert.deepEqual(one.list.map(({ reason }) => reason), ['came_before']);
  });
});

interface Found {
  readonly row: number;
  readonly score: number;
  readonly because?: number;
}

function answer(sources: EventSources, reason: EventReason, query: RetrievalQuery): Found[] {
  const found = new Candidates(200);
  sources.list.find((source) => source.reason === reason)?.find(query, found);
  return Array.from({ length: found.count }, (_, i) => ({
    row: found.rows[i] as number, score: found.scores[i] as number, because: found.because[i] as number,
  }));
}

function ranked(scores: Float64Array): Found[] {
  return [...scores.keys()]
    .map((row) => ({ row, score: scores[row] as number }))
    .filter(({ score }) => score > 0)
    .sort((a, b) => b.score - a.score || a.row - b.row);
}

/** The same rows, with the same shares. */
function alike(found: readonly Found[], plain: readonly Found[]): void {
  const sum = plain.reduce((all, { score }) => all + score, 0);
  const shares = new Map(plain.map(({ row, score }) => [row, score / sum]));
  assert.ok(found.length > 0);
  assert.deepEqual(new Set(found.map(({ row }) => row)), new Set(shares.keys()));
  for (const { row, score } of found) assert.ok(Math.abs(score - shares.get(row)!) < 1e-5, `row ${row}`);
}

/** Some customers' orders, one a day in turn, as events and as the offline scores see them. */
function shop(seed: number) {
  const prng = new Prng(seed);
  const sources = new EventSources(addon, DEFAULT_SETTINGS, () => true);
  const customers = Array.from({ length: 12 }, (_, i) => `customer-${i}`);
  const orders = customers.map((): { day: number; rows: number[] }[] => []);
  const lines = customers.map((): number[] => []);
  const days = 90;
  for (let day = 0; day < days; day += 1) {
    const who = prng.below(customers.length);
    const rows = [...new Set(Array.from({ length: 1 + prng.below(3) }, () => (who * 3 + prng.below(14)) % ITEMS))];
    orders[who]!.push({ day, rows });
    for (const row of rows) if (lines[who]!.at(-1) !== row) lines[who]!.push(row);
    const event = { type: 'purchase' as const, atMs: T0 + day * DAY_MS, rows };
    sources.take(event);
    sources.credit(customers[who]!, event);
  }
  const data: NextBasket = {
    itemCount: ITEMS,
    histories: orders.map((all) => all.map(({ day, rows }) => ({ ageDays: days - day, rows }))),
    questions: [],
    codes: [],
    customers,
  };
  return { sources, data, customers, lines };
}
