import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Pace } from '../../../server/core/pace.ts';
import type { Filter, RecommendReply } from '../../../server/wire/schema.ts';
import { CATEGORIES, goods, LEARNED, openLiveShop } from '../../support/live-shop.ts';
import { makeEvent } from '../../support/shop-events.ts';

const anyFilter: fc.Arbitrary<Filter> = fc.record({
  category: fc.subarray(CATEGORIES),
  excludeSeen: fc.boolean(),
  exclude: fc.subarray([...LEARNED], { maxLength: 6 }),
}, { requiredKeys: [] });
const anyAsk = fc.record({
  similar: fc.boolean(),
  item: fc.constantFrom(...LEARNED, 'unlearned'),
  k: fc.constantFrom(1, 5, 20, 40, 300),
  filter: anyFilter,
});

suite('Requests that wait together', () => {
  test('are answered as they are one by one, in few searches', async () => {
    const { shop } = await openLiveShop();
    await shop.catalogue({ put: [goods('unlearned', { categories: ['seat'] })], remove: [LEARNED[3] as string] });
    for (const item of [...LEARNED, ...LEARNED.slice(4, 8)]) {
      await shop.ingest([makeEvent({ item, session: `s-${item}` }), makeEvent({ item, session: 's' })]);
    }
    await fc.assert(fc.asyncProperty(fc.array(anyAsk, { minLength: 1, maxLength: 40 }), async (asks) => {
      const answer = ({ similar, item, k, filter }: (typeof asks)[number]): Promise<RecommendReply> =>
        similar ? shop.similar({ item, k, filter }) : shop.recommend({ items: [item], k, filter });
      const before = { ...shop.searches };

      const together = await Promise.all(asks.map(answer));

      assert.equal(shop.searches.searches - before.searches, asks.length);
      assert.equal(shop.searches.batches - before.batches, Math.ceil(asks.length / 16));
      for (const [i, ask] of asks.entries()) {
        const alone = await answer(ask);
        assert.deepEqual(together[i]?.items, alone.items);
        assert.deepEqual(together[i]?.degraded, alone.degraded);
      }
    }), { numRuns: 40 });
  });

  test('give way to the sockets between two batches', async () => {
    const turns: (() => void)[] = [];
    const turn = (): Promise<void> => new Promise((resolve) => void turns.push(resolve));
    const { shop } = await openLiveShop({ pace: { turn } as unknown as Pace });
    const done = { batches: [] as number[] };

    const asked = LEARNED.flatMap((item) => [shop.similar({ item, k: 3, filter: {} }),
      shop.recommend({ items: [item], k: 3, filter: {} })]);
    for (let waits = 0; waits < 3; waits += 1) {
      await new Promise(setImmediate);
      done.batches.push(shop.searches.batches);
      turns.shift()?.();
    }

    assert.deepEqual(done.batches, [0, 1, 2]);
    assert.equal((await Promise.all(asked)).length, 24);
  });

  test('what is bought while a request waits is not in its answer', async () => {
    let go = (): void => {};
    const turn = (): Promise<void> => new Promise((resolve) => { go = resolve; });
    const { shop, clock } = await openLiveShop({ pace: { turn } as unknown as Pace });
    const [item] = LEARNED as [string];

    const asked = shop.recommend({ session: 's', k: 12, filter: {} });
    await new Promise(setImmediate);
    await shop.ingest([makeEvent({ type: 'purchase', session: 's', item, atMs: clock.wallMs() })]);
    go();

    assert.equal((await asked).items.length, 11);
    assert.ok(!(await asked).items.some((found) => found.item === item));
  });

  test('one that asks for an explanation is told how its vectors were searched', async () => {
    const { shop } = await openLiveShop();
    const filter = { category: ['light'] };

    const asked = [shop.similar({ item: LEARNED[0] as string, k: 3, filter, explain: true }),
      shop.similar({ item: LEARNED[0] as string, k: 3, filter })];
    const [explained, other] = await Promise.all(asked) as [RecommendReply, RecommendReply];

    assert.equal(other.explain, undefined);
    assert.equal(explained.explain?.matches, 3); // of four, without itself
    assert.equal(explained.explain?.searches.similar?.vectors, 12);
    assert.match(explained.explain?.searches.similar?.why ?? '', /the index is exact/);
    assert.deepEqual(explained.items, other.items);
  });
});
