import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { loadAddon } from '../../../../server/ann/binding.ts';
import type { Allow } from '../../../../server/ann/binding.ts';
import { FilterCode } from '../../../../server/ann/filter-code.ts';
import { Prng } from '../../../../server/core/prng.ts';
import { HybridRetriever } from '../../../../server/storefront/retrieval/hybrid-retriever.ts';
import { DEFAULT_SETTINGS } from '../../../../server/storefront/retrieval/settings.ts';

const addon = loadAddon();

suite('The retriever', () => {
  test('an observed visit counts in the very next answer to others', () => {
    const { retriever, rows } = setup(10);
    retriever.observe(1, 4, 1);
    assert.deepEqual(rows([4], 2), [4, 0]);

    retriever.observe(1, 7, 1);

    const [first] = retriever.retrieve({ items: Uint32Array.of(4), k: 2 });
    assert.equal(first?.row, 7);
    assert.deepEqual([first?.source, first?.because], ['session_neighbours', undefined]);
  });

  test('an answer is full while anything is allowed: popular rows, then any', () => {
    const { retriever, rows } = setup(6);
    retriever.observe(1, 5, 1);
    assert.deepEqual(rows([], 4), [5, 0, 1, 2]);
    assert.deepEqual(rows([], 100), [5, 0, 1, 2, 3, 4]);
    assert.deepEqual(rows([3], 3), [3, 5, 0]);
    const said = retriever.retrieve({ items: Uint32Array.of(), k: 3 }).map(({ source }) => source);
    assert.deepEqual(said, ['popular', 'listed', 'listed']); // nobody has looked at these
  });

  test('nothing but allowed rows is answered, none twice', () => {
    const { retriever, rows } = setup(64);
    for (let session = 0; session < 20; session += 1) {
      for (let i = 0; i < 8; i += 1) retriever.observe(session, (session * 7 + i * 5) % 64, 1);
    }
    const allow = Uint32Array.of(0x0f0f_0f0f, 0);
    const answer = rows([1, 6, 11], 64, allow);
    assert.equal(new Set(answer).size, 16);
    for (const row of answer) assert.equal((0x0f0f_0f0f >>> row) & 1, 1);
    assert.deepEqual(rows([1], 5, new Uint32Array(2)), []);
  });

  test('a bitmap of the filter index does what an array of the same bits does', () => {
    const prng = new Prng(4);
    const filters = new addon.FilterIndex({ flags: 1, columns: 0 });
    const all = Uint32Array.from({ length: 200 }, (_, row) => row);
    filters.put(all, new Uint32Array(200), new Uint32Array(0), new Uint32Array(200), new Float64Array(0));
    const { retriever } = setup(200);
    for (let i = 0; i < 2000; i += 1) retriever.observe(prng.below(60), prng.below(150), 1);
    const bitmap = new addon.Bitmap();
    for (let i = 0; i < 200; i += 1) {
      const allowed = all.filter(() => prng.below(1 + (i % 20)) === 0);
      filters.evaluate(new FilterCode().of({ rows: allowed }), bitmap);
      const array = new Uint32Array(7);
      for (const row of allowed) array[row >> 5]! |= 1 << (row & 31);
      const items = Uint32Array.from({ length: prng.below(6) }, () => prng.below(200));
      const ask = (allow: Allow) => retriever.retrieve({ items, k: 1 + (i % 60), allow });

      assert.deepEqual(ask(bitmap), ask(array), `filter ${i}`);
      assert.deepEqual(retriever.similar(i, 5, bitmap), retriever.similar(i, 5, array));
    }
  });

  test('a session does not vote for itself', () => {
    const { retriever } = setup(10, { followed_by: 0, again: 0, popular: 0 });
    for (const row of [1, 2, 3]) retriever.observe(9, row, 1);
    const items = Uint32Array.of(1, 2, 3);

    const alone = retriever.retrieve({ items, k: 3, session: 9 });
    assert.deepEqual(alone.map(({ score }) => score), [0, 0, 0]); // filled up, not found
    assert.ok((retriever.retrieve({ items, k: 3 })[0]?.score ?? 0) > 0);
  });

  test('an item that a rule leads from to itself is there because it was looked at', () => {
    const { retriever } = setup(10, { session_neighbours: 0, again: 0, popular: 0 });
    for (const row of [4, 4, 7]) retriever.observe(1, row, 1);

    const found = retriever.retrieve({ items: Uint32Array.of(4), k: 2, session: 2 });
    const reasons = found.map(({ row, source, because }) => [row, source, because]);
    assert.deepEqual(reasons.sort(), [[4, 'again', undefined], [7, 'followed_by', 4]]);
  });

  test('a click and the view it leads to are one visit to the session index', () => {
    const { retriever, index } = setup(10);
    for (const weight of [0.5, 1, 3]) retriever.observe(1, 4, weight);
    retriever.observe(1, 5, 1);

    const items = new Uint32Array(5);
    const count = index.follow(Uint32Array.of(4), items, new Float32Array(5));
    assert.deepEqual([...items.subarray(0, count)], [5]);
  });

  test('without learned vectors, similar items are those looked at soon after', () => {
    const { retriever } = setup(10);
    for (const row of [4, 7, 4, 4]) retriever.observe(1, row, 1);

    const found = retriever.similar(4, 3);
    assert.deepEqual(found.map(({ row, source, because }) => [row, source, because]), [
      [7, 'followed_by', 4],
    ]);
    assert.deepEqual(retriever.similar(4, 3, Uint32Array.of(0)), []);
  });

  test('a placement has its own blend', () => {
    const { retriever } = setup(10, { again: 0 }, { cart: { again: 50 }, email: { followed_by: 50 } });
    for (const row of [4, 7]) retriever.observe(1, row, 1);
    const first = (placement?: 'cart' | 'email' | 'home') =>
      retriever.retrieve({ items: Uint32Array.of(4), k: 1, placement })[0];

    assert.deepEqual([first('cart')?.row, first('cart')?.source], [4, 'again']);
    assert.deepEqual([first('email')?.row, first('email')?.source], [7, 'followed_by']);
    assert.deepEqual(first('home'), first());
  });

  test('as many as 500 items can be had at once', () => {
    const { retriever, rows } = setup(1000);
    for (let i = 0; i < 900; i += 1) retriever.observe(i >> 2, i, 1);
    const answer = rows([3], 500);
    assert.equal(answer.length, 500);
    assert.equal(new Set(answer).size, 500);
  });
});

function setup(
  itemCount: number,
  weights: Partial<typeof DEFAULT_SETTINGS.weights> = {},
  placements: typeof DEFAULT_SETTINGS.placements = {},
) {
  const index = new addon.SessionIndex();
  const settings = {
    ...DEFAULT_SETTINGS,
    weights: { ...DEFAULT_SETTINGS.weights, ...weights },
    placements,
  };
  const retriever = new HybridRetriever({
    index, settings, itemCount: () => itemCount, taste: null, similar: null,
  });
  const rows = (items: number[], k: number, allow?: Uint32Array) =>
    retriever
      .retrieve({ items: Uint32Array.from(items), k, ...(allow && { allow }) })
      .map(({ row }) => row);
  return { retriever, index, rows };
}
