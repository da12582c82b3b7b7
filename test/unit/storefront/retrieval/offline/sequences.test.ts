import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../../../../server/core/prng.ts';
import { alike } from '../../../../../server/storefront/retrieval/offline/item-knn.ts';
import { climbLadders } from '../../../../../server/storefront/retrieval/offline/ladder.ts';
import {
  countRows, leaveOneOut, readLeaveOneOut,
} from '../../../../../server/storefront/retrieval/offline/leave-one-out.ts';
import { Mixture, Rehearsal } from '../../../../../server/storefront/retrieval/offline/mixture.ts';
import { PairScorer } from '../../../../../server/storefront/retrieval/offline/pair-scorer.ts';
import type { PairTable } from '../../../../../server/storefront/retrieval/offline/pairs.ts';
import { QualityCount } from '../../../../../server/storefront/retrieval/offline/quality.ts';
import { followers, forerunners } from '../../../../../server/storefront/retrieval/offline/rules.ts';
import { Picker, Scores } from '../../../../../server/storefront/retrieval/offline/scores.ts';
import { measure, sequenceMethods } from '../../../../../server/storefront/retrieval/offline/sequence-table.ts';
import { realData } from '../../../../support/real-data.ts';

const ITEMS = 12;

function someUsers(seed: number): string[][] {
  const chance = new Prng(seed);
  return Array.from({ length: 30 }, () =>
    Array.from({ length: 3 + chance.below(9) }, () => String(1 + chance.below(ITEMS))));
}

/** `from to` to weight, of the pairs of a table. */
function entries({ starts, rows, weights }: PairTable): Map<string, number> {
  const all = new Map<string, number>();
  for (let from = 0; from + 1 < starts.length; from++) {
    for (let at = starts[from]!; at < starts[from + 1]!; at++) {
      all.set(`${from} ${rows[at]}`, weights[at]!);
    }
  }
  return all;
}

function assertSame(actual: Map<string, number>, expected: Map<string, number>): void {
  assert.deepEqual([...actual.keys()].sort(), [...expected.keys()].sort());
  for (const [key, weight] of expected) {
    assert.ok(Math.abs(actual.get(key)! - weight) < 1e-5 * weight, key);
  }
}

/** The sessions that are learned from, as the file's rows. */
function sessionsOf(seed: number): { data: ReturnType<typeof leaveOneOut>; sessions: number[][] } {
  const data = leaveOneOut(someUsers(seed));
  const { rows, offsets } = data.past;
  const sessions = Array.from(offsets.subarray(1), (end, s) => [...rows.subarray(offsets[s], end)]);
  return { data, sessions };
}

suite('sequences, the last item left out', () => {
  test('the models never see the last two items, and the last is asked after all before it', () => {
    const data = leaveOneOut([['5', '7', '7', '9'], ['9', '5', '30']]);

    assert.deepEqual([...data.past.rows], [0, 1, 2], 'ids in order of numbers: 5, 7, 9, 30');
    assert.deepEqual(data.validation.map(({ items, target }) => [[...items], target]),
      [[[0, 1], 1], [[2], 0]]);
    assert.deepEqual(data.test.map(({ items, target }) => [[...items], target]),
      [[[0, 1, 1], 2], [[2, 0], 3]]);
  });

  test('rules, forward and backward, are what a count of all pairs gives', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { data, sessions } = sessionsOf(seed);
      const forward = new Map<string, number>();
      const backward = new Map<string, number>();
      for (const session of sessions) {
        session.forEach((a, i) => session.forEach((b, j) => {
          if (a === b || i >= j || j - i > 10) return;
          forward.set(`${a} ${b}`, (forward.get(`${a} ${b}`) ?? 0) + 1 / (j - i));
          backward.set(`${b} ${a}`, (backward.get(`${b} ${a}`) ?? 0) + 1 / (j - i));
        }));
      }
      assertSame(entries(followers(data.past, data.itemCount)), forward);
      assertSame(entries(forerunners(data.past, data.itemCount)), backward);
    }
  });

  test('item-kNN is the damped cosine', () => {
    const { data, sessions } = sessionsOf(4);
    const counts = countRows(data.past, data.itemCount);
    const expected = new Map<string, number>();
    for (const session of sessions) {
      session.forEach((a, i) => session.forEach((b, j) => {
        if (i === j || a === b) return;
        const share = session.length ** -0.5 / Math.sqrt((counts[a]! + 3) * (counts[b]! + 3));
        expected.set(`${a} ${b}`, (expected.get(`${a} ${b}`) ?? 0) + share);
      }));
    }
    assertSame(entries(alike(data.past, counts, { lambda: 3, from: 0.5, to: 0.5 }, 0.5)), expected);
  });

  test('an answer is what sorting all items gives, own items barred, popular ones at the end', () => {
    const chance = new Prng(8);
    for (let round = 0; round < 200; round++) {
      const counts = Float64Array.from({ length: ITEMS }, () => chance.below(4));
      const scores = new Scores(ITEMS);
      for (let n = chance.below(20); n > 0; n--) scores.add(chance.below(ITEMS), 1 + chance.below(3));
      const barred = new Set([chance.below(ITEMS), chance.below(ITEMS)]);
      const expected = [...counts.keys()]
        .filter((row) => !barred.has(row))
        .sort((a, b) => scores.values[b]! - scores.values[a]! || counts[b]! - counts[a]! || a - b)
        .slice(0, 5);

      assert.deepEqual(new Picker(counts).pick(scores, 5, barred), expected);
    }
  });

  test('a rehearsal judges weights as answering and measuring does', () => {
    const { data } = sessionsOf(11);
    const counts = countRows(data.past, data.itemCount);
    const popular = counts.map((count) => count / 1000);
    const scorers = [
      new PairScorer('f', followers(data.past, data.itemCount), { last: 2, decay: 0.5 }),
      new PairScorer('b', forerunners(data.past, data.itemCount), { last: 3, decay: 0.8 }),
    ];
    const questions = data.validation.filter(({ items, target }) => !items.includes(target));
    const rehearsal = new Rehearsal(questions, popular);
    for (const scorer of scorers) rehearsal.add(scorer);
    for (const weights of [[1, 0, 0], [1, 0.4, 0.1], [0.3, 1, 5]]) {
      const blend = new Mixture(scorers, weights, popular);
      const counted = new QualityCount(counts);
      for (const { items, target } of questions) {
        const scores = new Scores(data.itemCount);
        blend.score(items, scores);
        const found = scores.rows.filter((row) => scores.values[row]! > 0 && !items.includes(row));
        found.sort((a, b) => scores.values[b]! - scores.values[a]! || a - b);
        counted.add(found.slice(0, 20), target);
      }
      const { hitRate, ndcg } = counted.result();
      assert.ok(Math.abs(rehearsal.judge(weights) - Math.sqrt(hitRate[1]! * ndcg[1]!)) < 1e-9);
    }
  });

  test('a climb ends on the top of a single hill', () => {
    const ladder = [0, 1, 2, 3, 4, 5, 6];
    const judge = ([x, y]: readonly number[]): number => 100 - (x! - 5) ** 2 - (y! - 1) ** 2;
    assert.deepEqual(climbLadders([0, 6], [ladder, ladder], 2, judge), [5, 1]);
  });

  test('hits, gain, coverage, novelty and popularity bias are as counted by hand', () => {
    const quality = new QualityCount(Float64Array.of(6, 1, 1, 0));
    quality.add([1, 0], 0); // second place
    quality.add([0], 3); // missed
    const result = quality.result();
    assert.deepEqual(result.hitRate, [0.5, 0.5, 0.5]);
    assert.ok(Math.abs(result.ndcg[0]! - 0.5 / Math.log2(3)) < 1e-12);
    assert.equal(result.coverage, 0.5);
    assert.ok(Math.abs(result.novelty - (3 - 2 * Math.log2(0.75)) / 3) < 1e-12);
    assert.ok(Math.abs(result.popularityBias - 2 / 3) < 1e-12);
  });
});

const beauty = realData('sequences/amazon_beauty.txt.gz');

test('on Amazon Beauty, POP and rules have their reference scores', { skip: beauty.skip }, async () => {
  const data = await readLeaveOneOut(beauty.path);
  const counts = countRows(data.past, data.itemCount);
  const [pop, , , rules] = sequenceMethods(data);
  const popular = measure(pop!(), data.test, counts);
  const ruled = measure(rules!(), data.test, counts);

  assert.ok(Math.abs(popular.hitRate[1]! - 0.0115) < 1e-4);
  assert.ok(Math.abs(ruled.hitRate[1]! - 0.0818) < 1e-4);
  assert.ok(Math.abs(ruled.ndcg[1]! - 0.05) < 1e-4);
});
