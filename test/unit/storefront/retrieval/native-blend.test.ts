import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { loadAddon } from '../../../../server/ann/binding.ts';
import { Log } from '../../../../server/core/log.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { MemoryStore } from '../../../../server/store/memory-store.ts';
import type { RetrievalQuery, RetrievedItem } from '../../../../server/storefront/retrieval/retriever.ts';
import { openRetriever } from '../../../../server/storefront/retrieval/open.ts';
import { PLACEMENTS } from '../../../../server/wire/schema.ts';
import { goods } from '../../../support/live-shop.ts';
import { tempFolder } from '../../../support/temp-file.ts';
import { writeEncoder } from '../../../support/write-encoder.ts';

const ITEMS = 300; // the last fifty have no vectors, the last ten were never seen
const LEARNED = 250;
const SEEN = 290;

const anyRow = fc.nat(ITEMS - 1);
const anyQuery = fc.record({
  items: fc.array(anyRow, { maxLength: 12 }),
  session: fc.option(fc.nat(400), { nil: undefined }),
  taste: fc.option(fc.integer(), { nil: undefined }), // the seed of a vector
  hidden: fc.array(anyRow, { maxLength: 60 }),
  allow: fc.option(fc.constantFrom(1, 0.5, 0.05, 0), { nil: undefined }), // share of rows
  k: fc.constantFrom(1, 5, 20, 200, 201, 320),
  placement: fc.option(fc.constantFrom(...PLACEMENTS), { nil: undefined }),
  weights: fc.option(fc.constant({ taste: 2, popular: 0, trending: 1 }), { nil: undefined }),
});

suite('The blend in the addon', () => {
  test('answers as the plain one does, whatever the batch', async () => {
    const { retriever, prng, dim } = await openRandomShop();
    const query = (drawn: typeof anyQuery extends fc.Arbitrary<infer T> ? T : never): RetrievalQuery => {
      const { items, session, taste, hidden, allow, k, placement, weights } = drawn;
      return {
        items: Uint32Array.from(items), k, hidden: Uint32Array.from(hidden), placement, weights,
        ...(session !== undefined && { session }),
        ...(taste !== undefined && { taste: new Prng(taste).row(dim) }),
        ...(allow !== undefined && { allow: bitmap(prng, allow) }),
      };
    };
    await fc.assert(fc.asyncProperty(fc.array(anyQuery, { minLength: 1, maxLength: 20 }), async (drawn) => {
      const queries = drawn.map(query);

      const plain = retriever.retrieveAll(queries);
      const native = await retriever.retrieveApart(queries);

      queries.forEach((_, q) => assertAlike(native[q] as RetrievedItem[], plain[q] as RetrievedItem[]));
    }), { numRuns: 150 });
  });

  test('what is near is remembered, and right again after vectors have come, moved and gone', async () => {
    const { store, retriever, prng, dim } = await openRandomShop();
    const queries = Array.from({ length: 12 }, (_, q): RetrievalQuery => ({
      items: Uint32Array.from({ length: 1 + prng.below(4) }, () => prng.below(SEEN)), k: 20,
      taste: prng.row(dim), weights: { taste: 4, similar: 4 },
      ...(q % 3 > 0 && { allow: bitmap(prng, q % 3 === 1 ? 0.6 : 0.1) }),
    }));
    for (let round = 0; round < 40; round += 1) {
      // Beside a learned item now: its vector is another.
      for (let i = prng.below(3); i > 0; i -= 1) {
        const cold = LEARNED + prng.below(SEEN - LEARNED);
        retriever.observe(1000 + round, prng.below(LEARNED), 1);
        retriever.observe(1000 + round, cold, 1);
      }
      const id = `i${prng.below(ITEMS)}`;
      if (round % 5 === 1) await store.removeItems([id]);
      if (round % 5 === 3) await store.putItems([goods(id)]);

      const native = await retriever.retrieveApart(queries);

      const plain = retriever.retrieveAll(queries);
      queries.forEach((_, q) => assertAlike(native[q] as RetrievedItem[], plain[q] as RetrievedItem[]));
    }
  });

  test('an item that is hidden, or not allowed, is no answer of any source', async () => {
    const { retriever } = await openRandomShop();
    const hidden = Uint32Array.from({ length: ITEMS - 1 }, (_, row) => row);

    const [one, none] = await retriever.retrieveApart([
      { items: Uint32Array.of(3, 4), k: 20, hidden },
      { items: Uint32Array.of(3, 4), k: 20, allow: new Uint32Array(10) },
    ]);

    assert.deepEqual(one?.map(({ row }) => row), [ITEMS - 1]);
    assert.deepEqual(none, []);
  });
});

async function openRandomShop() {
  const store = new MemoryStore();
  const ids = Array.from({ length: ITEMS }, (_, row) => `i${row}`);
  await store.putItems(ids.map((id) => goods(id)));
  const repository = tempFolder();
  const prng = new Prng(8);
  writeEncoder(repository, ids.slice(0, LEARNED), prng);
  const retriever = openRetriever({ addon: loadAddon(), store, repository, log: new Log('error') });
  retriever.observeAll((see) => {
    for (let session = 0; session < 400; session += 1) {
      let at = prng.below(SEEN);
      for (let left = 1 + prng.below(8); left > 0; left -= 1) {
        see(session, at, 1);
        at = (at + prng.below(6)) % SEEN;
      }
    }
  });
  retriever.settle();
  const dim = 8; // of `writeEncoder`
  return { store, retriever, prng, dim };
}

/** A bitmap that lets a share of the rows pass. */
function bitmap(prng: Prng, share: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(ITEMS / 32));
  for (let row = 0; row < ITEMS; row += 1) {
    if (prng.float() < share) words[row >>> 5] = (words[row >>> 5] as number) | (1 << (row & 31));
  }
  return words;
}

/** Scores are sums in another order, and floats at the end: equals may change places. */
function assertAlike(native: RetrievedItem[], plain: RetrievedItem[]): void {
  assert.equal(native.length, plain.length);
  const scoreOf = new Map(plain.map(({ row, score }) => [row, score]));
  native.forEach(({ row, score, source, because }, i) => {
    const other = plain[i] as RetrievedItem;
    const near = 1e-5 * Math.abs(other.score) + 1e-9;
    assert.ok(Math.abs(score - other.score) <= near, `place ${i}: ${score}, not ${other.score}`);
    if (row === other.row) {
      assert.deepEqual([source, because], [other.source, other.because]);
    } else {
      assert.ok(Math.abs((scoreOf.get(row) ?? score) - score) <= near, `row ${row} at place ${i}`);
    }
  });
}
