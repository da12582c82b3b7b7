import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { NO_ID } from '../../server/ann/binding.ts';
import { Prng } from '../../server/core/prng.ts';
import { KINDS, METRICS, VectorIndex, addon, allows, chanceBitmap, oracle, search } from './vector-support.ts';

/** Small enough that both kinds look at every vector: their answers are the oracle's. */
for (const kind of KINDS) {
  suite(`VectorIndex, ${kind}`, () => {
    const make = (dim: number, metric: 'ip' | 'cosine' | 'l2' = 'ip') =>
      new VectorIndex({ kind, dim, metric, keep: 'f32' });

    test('it says what it is, and holds nothing at first', () => {
      const index = make(7, 'l2');

      assert.deepEqual([index.kind, index.dim, index.metric, index.size], [kind, 7, 'l2', 0]);
      assert.equal(typeof index.token, 'bigint');
      const found = search(index, new Float32Array(7), 3);
      assert.deepEqual([...found.ids], [NO_ID, NO_ID, NO_ID]);
      assert.deepEqual([...found.scores], [-Infinity, -Infinity, -Infinity]);
    });

    test('a vector comes back as it was added, bit for bit', () => {
      for (const metric of METRICS) {
        const index = make(3, metric);
        const vector = Float32Array.of(0.1, -0, 1e-40);
        const into = new Float32Array(3);

        index.add(Uint32Array.of(0xffff_fffe), vector);

        assert.equal(index.get(0xffff_fffe, into), true);
        assert.deepEqual(new Uint32Array(into.buffer), new Uint32Array(vector.buffer));
        assert.equal(index.get(1, into), false);
        assert.deepEqual([index.has(0xffff_fffe), index.has(1)], [true, false]);
      }
    });

    test('an id that is there is replaced; one that comes twice in a call is refused', () => {
      const index = make(1);

      index.add(Uint32Array.of(5, 6), Float32Array.of(3, 2));
      assert.throws(() => index.add(Uint32Array.of(7, 5, 7), Float32Array.of(1, 2, 3)), {
        code: 'bad_argument', message: 'id 7 comes twice; each may come once',
      });
      index.add(Uint32Array.of(6), Float32Array.of(9));

      assert.equal(index.size, 2);
      const found = search(index, Float32Array.of(1), 3);
      assert.deepEqual([...found.ids], [6, 5, NO_ID]);
      assert.deepEqual([...found.scores], [9, 3, -Infinity]);
    });

    test('refine takes each vector once a call at most, and says how many', () => {
      const index = make(4);
      assert.equal(index.refine(1e9), 0);
      index.add(Uint32Array.from({ length: 200 }, (_, i) => i), new Prng(5).row(800));
      index.remove(Uint32Array.of(7, 8));

      const refined = [0, 5, 198, 1e9].map((count) => index.refine(count));
      assert.deepEqual(refined, kind === 'exact' ? [0, 0, 0, 0] : [0, 5, 198, 198]);
    });

    test('remove counts what was there, and it is found no more', () => {
      const index = make(1);
      index.add(Uint32Array.of(1, 2, 3), Float32Array.of(1, 2, 3));

      assert.equal(index.remove(Uint32Array.of(3, 3, 77, NO_ID)), 1);

      assert.equal(index.size, 2);
      assert.equal(index.has(3), false);
      assert.deepEqual([...search(index, Float32Array.of(1), 2).ids], [2, 1]);
      assert.equal(index.remove(Uint32Array.of(1, 2)), 2);
      index.add(Uint32Array.of(8), Float32Array.of(4));
      assert.deepEqual([...search(index, Float32Array.of(1), 2).ids], [8, NO_ID]);
    });

    test('equal scores come by lower id', () => {
      for (const metric of METRICS) {
        const index = make(2, metric);
        const ids = Uint32Array.of(900, 3, 77, 12, 5);
        index.add(ids, new Float32Array(10).fill(1));

        assert.deepEqual([...search(index, Float32Array.of(1, 1), 3).ids], [3, 5, 12], metric);
      }
    });

    test('under cosine length does not count, and a zero vector scores 0 with everything', () => {
      const index = make(2, 'cosine');
      index.add(Uint32Array.of(1, 2, 3, 4), Float32Array.of(2e-17, 0, 1e17, 1e17, 0, 0, -3, 0));

      const found = search(index, Float32Array.of(5, 0), 4);
      assert.deepEqual([...found.ids], [1, 2, 3, 4]);
      [1, Math.SQRT1_2, 0, -1].forEach((score, i) => assert.ok(Math.abs((found.scores[i] as number) - score) < 1e-6));
      assert.deepEqual([...search(index, new Float32Array(2), 4).scores], [0, 0, 0, 0]);
    });

    test('every row of a batch is answered as alone', () => {
      const prng = new Prng(3);
      const index = make(5);
      index.add(Uint32Array.from({ length: 100 }, (_, i) => i * 3), prng.row(500));
      const queries = prng.row(5 * 19);

      const together = search(index, queries, 4);

      for (let q = 0; q < 19; q += 1) {
        const alone = search(index, queries.subarray(q * 5, q * 5 + 5), 4);
        assert.deepEqual(together.ids.subarray(q * 4, q * 4 + 4), alone.ids);
        assert.deepEqual(together.scores.subarray(q * 4, q * 4 + 4), alone.scores);
      }
    });

    test('memory shared between threads serves as well', async () => {
      const shared = <T>(View: new (memory: SharedArrayBuffer) => T, places: number) =>
        new View(new SharedArrayBuffer(places * 4));
      const index = make(2);
      const [ids, vectors] = [shared(Uint32Array, 2), shared(Float32Array, 4)];
      ids.set([4, 9]);
      vectors.set([1, 0, 0, 1]);
      const [foundIds, scores, allow] = [shared(Uint32Array, 1), shared(Float32Array, 1), shared(Uint32Array, 1)];
      allow[0] = 1 << 4;

      index.add(ids, vectors);
      index.search(vectors.subarray(2), 1, foundIds, scores);
      assert.deepEqual([foundIds[0], scores[0]], [9, 1]);
      await index.searchAsync(vectors.subarray(2), 1, foundIds, scores, { allow });

      assert.deepEqual([foundIds[0], scores[0]], [4, 0]);
    });

    test('searchAsync answers as search does, and outlives a close', async () => {
      const prng = new Prng(8);
      const index = make(16, 'cosine');
      index.add(Uint32Array.from({ length: 3000 }, (_, i) => i), prng.row(16 * 3000));
      const queries = prng.row(16 * 40);
      const want = search(index, queries, 10);
      const ids = new Uint32Array(400);
      const scores = new Float32Array(400);

      const done = index.searchAsync(queries, 10, ids, scores);
      index.close();
      queries.fill(0); // it has its own copy
      await done;

      assert.deepEqual(ids, want.ids);
      assert.deepEqual(scores, want.scores);
    });

    test('whatever is added, replaced, removed and allowed, answers are the oracle\'s', () => {
      const step = fc.record({
        remove: fc.boolean(),
        id: fc.integer({ min: 0, max: 40 }),
        vector: fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 19, maxLength: 19 }),
      });
      const world = fc.record({
        metric: fc.constantFrom(...METRICS),
        isa: fc.constantFrom(...addon.isas()),
        dim: fc.integer({ min: 1, max: 19 }),
        steps: fc.array(step, { maxLength: 60 }),
        k: fc.integer({ min: 1, max: 50 }),
        filter: fc.option(
          fc.record({ seed: fc.nat(), share: fc.double({ min: 0, max: 1, noNaN: true }), end: fc.nat(60) }),
        ),
      });
      fc.assert(fc.property(world, ({ metric, isa, dim, steps, k, filter }) => {
        const index = new VectorIndex({ kind, dim, metric, isa, keep: 'f32' });
        const model = new Map<number, Float32Array>();
        for (const { remove, id, vector } of steps) {
          const row = Float32Array.from(vector.slice(0, dim));
          if (remove) assert.equal(index.remove(Uint32Array.of(id)), model.delete(id) ? 1 : 0);
          else index.add(Uint32Array.of(id), (model.set(id, row), row));
        }
        assert.equal(index.size, model.size);
        const allow = filter ? chanceBitmap(new Prng(filter.seed), filter.end, filter.share) : undefined;
        const query = Float32Array.from({ length: dim }, (_, i) => (i % 5) - 2);

        const found = search(index, query, k, allow ? { allow } : {});

        const want = oracle(metric, model, query, (id) => !allow || allows(allow, id)).slice(0, k);
        // Products and distances of small integers are exact; a cosine may order ties by rounding.
        if (metric !== 'cosine') assert.deepEqual([...found.ids].slice(0, want.length), want.map(({ id }) => id));
        want.forEach(({ score }, i) => assert.ok(Math.abs((found.scores[i] as number) - score) < 1e-5));
        assert.ok([...found.ids].slice(want.length).every((id) => id === NO_ID));
        index.close();
      }), { numRuns: 300, seed: 2026 });
    });
  });
}
