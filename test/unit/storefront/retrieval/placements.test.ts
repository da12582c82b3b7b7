import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../../server/ann/binding.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import { DEFAULT_SETTINGS, readSettings } from '../../../../server/storefront/retrieval/settings.ts';
import { chooseBlend } from '../../../../server/storefront/retrieval/tune/choose-blend.ts';
import { choosePlacements } from '../../../../server/storefront/retrieval/tune/choose-placements.ts';
import { holdOut } from '../../../../server/storefront/retrieval/tune/held-out.ts';
import { PlacementTrials } from '../../../../server/storefront/retrieval/tune/placement-trials.ts';
import type { ShopEvent } from '../../../../server/wire/schema.ts';
import { tempFolder } from '../../../support/temp-file.ts';

const HOUR_MS = 3_600_000;

suite('What is held out to choose placements by', () => {
  test('the newest events are asked, as customers, orders and sessions saw them', async () => {
    const store = new MemoryStore();
    const old = Array.from({ length: 96 }, (_, i) => order(i, 'ann', [`old${i % 3}`]));
    const last = [
      order(100, 'ann', ['a', 'b', 'old0']), order(101, 'ann', ['c', 'd']), order(102, 'new', ['a']),
      order(103, undefined, ['a', 'b']),
    ];
    await store.append([...old, ...last]);
    const rows = (...ids: string[]) => ids.map((id) => store.item(id)?.row as number);
    const { learned, questions, boughtBefore, boughtBy } = holdOut(store, 30);

    // 100 events: the newest 5 are after the cut, the first of them one of the old ones.
    assert.equal(learned.filter(({ customer }) => customer === undefined).length, 95);
    assert.deepEqual(new Set(learned.map(({ customer }) => customer)), new Set([undefined, 'ann']));
    assert.equal(questions.home?.length, 1, 'who is new is not asked');
    assert.deepEqual([...questions.home![0]!.targets], rows('old2').slice(0, 1));
    assert.deepEqual(new Set(questions.email![0]!.targets), new Set(rows('old2', 'a', 'b', 'old0', 'c', 'd')));
    assert.deepEqual(new Set(questions.home![0]!.query.items), new Set(rows('old0', 'old1', 'old2')));
    assert.deepEqual(questions.cart?.map(({ targets }) => targets.size), [1, 1, 1]);
    for (const { query, targets } of questions.cart ?? []) {
      assert.ok(![...targets].some((row) => query.items.includes(row)));
    }
    assert.equal(boughtBefore, 1);
    assert.deepEqual(boughtBy('ann'), new Set(rows('old0', 'old1', 'old2')));
  });

  test('nothing without consent is learned or asked', async () => {
    const store = new MemoryStore();
    const events = Array.from({ length: 100 }, (_, i) => order(i, 'ann', ['a', 'b']));
    await store.append(events.map((event) => ({ ...event, consent: false })));
    const { learned, questions } = holdOut(store, 30);
    assert.deepEqual([learned.length, questions.home?.length, questions.cart?.length], [0, 0, 0]);
  });
});

suite('Choosing placements', () => {
  test('a trial scores recall and gain of the best 20 of the weighted sum', () => {
    const question = (target: number) => ({ query: { items: Uint32Array.of(0) }, targets: new Set([target]) });
    const trials = new PlacementTrials([question(3), question(9)], 30, () => [5]);
    const source = (reason: 'popular' | 'again', rows: number[]) => ({
      reason,
      find: (_: unknown, into: { count: number; push(row: number, score: number): boolean }) => {
        into.count = 0;
        rows.forEach((row) => into.push(row, 1 / rows.length));
      },
    });
    trials.ask([source('popular', [3]), source('again', [9, 4])], null);

    assert.deepEqual(trials.score([1, 0]), { recall20: 0.5, ndcg20: 0.5 });
    const second = 1 / Math.log2(3);
    assert.deepEqual(trials.score([1, 1]), { recall20: 1, ndcg20: (1 + 1 / Math.log2(4)) / 2 });
    assert.deepEqual(trials.score([0.1, 1]), { recall20: 1, ndcg20: (1 / Math.log2(4) + second) / 2 });
  });

  test('carts go by what was in orders together, homes by what is bought again', async () => {
    const store = new MemoryStore();
    await store.append(habits());
    const settings = { ...DEFAULT_SETTINGS, placements: {} };
    const parts = { addon: loadAddon(), repository: '', tasteVectors: null, similarVectors: null };
    const { settings: { placements }, records } =
      await choosePlacements(store, settings, parts, 30, () => {});

    assert.ok((placements.home?.buy_again ?? 0) > 0, JSON.stringify(placements.home));
    // An order is a session as well: its neighbours know the pair, which is as good.
    const { session_neighbours = 0, bought_together = 0 } = placements.cart ?? {};
    assert.ok(session_neighbours + bought_together > 0.5, JSON.stringify(placements.cart));
    assert.ok((records.home?.recall20 ?? 0) > 0.5 && (records.cart?.recall20 ?? 0) > 0.9);
    assert.equal(placements.product, undefined, 'no session has two steps');
  });

  test('what was chosen is written, also where sessions say too little for the one blend', async () => {
    const store = new MemoryStore();
    await store.append(habits());
    const repository = tempFolder();
    const chosen = await chooseBlend(store, repository, () => {});
    assert.deepEqual(readSettings(repository), chosen);
    assert.ok(existsSync(join(repository, 'recommend.json')));
  });
});

/** 110 customers buy of their own 60 items, some oftener; between them strangers buy pairs. */
function habits(): ShopEvent[] {
  const prng = new Prng(7);
  return Array.from({ length: 110 * 72 }, (_, day) => {
    const customer = day % 110;
    const own = `i${60 * customer + Math.min(...[60, 60, 60].map((n) => prng.below(n)))}`;
    const pair = prng.below(400);
    const stranger = order(8000 + day, undefined, [`left${pair}`, `right${pair}`]);
    return [order(day, `c${customer}`, [own]), ...(day % 3 === 0 ? [{ ...stranger, atMs: day * HOUR_MS }] : [])];
  }).flat();
}

function order(day: number, customer: string | undefined, items: readonly string[]): ShopEvent {
  return {
    id: `order-${day}`, type: 'purchase', atMs: day * HOUR_MS, session: `session-${day}`,
    items: items.map((item) => ({ item, quantity: 1 })), ...(customer !== undefined && { customer }),
  };
}
