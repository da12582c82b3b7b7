import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import type { Allow, NativeVectorIndex, VectorSearchOptions } from '../../server/ann/binding.ts';
import { Prng } from '../../server/core/prng.ts';
import { KINDS, METRICS, VectorIndex, addon, chanceBitmap, clustered, idsFrom } from './vector-support.ts';

const DIM = 12;
const K = 7;

/** Each query's own filter: none, few, many, all, and one of the native kind. */
function filters(prng: Prng, ids: number, queries: number): (Allow | undefined)[] {
  const index = new addon.FilterIndex({ flags: 1 });
  const rows = idsFrom(0, ids);
  const flags = Uint32Array.from(rows, () => Number(prng.float() < 0.5));
  index.put(rows, new Uint32Array(ids), new Uint32Array(0), flags, new Float64Array(ids));
  const bitmap = new addon.Bitmap();
  index.evaluate(Uint32Array.of(2, 0), bitmap); // flag 0
  return Array.from({ length: queries }, () => {
    const chance = prng.float();
    if (chance < 0.3) return undefined;
    return chance < 0.4 ? bitmap : chanceBitmap(prng, ids, prng.pick([0, 0.02, 0.2, 0.6, 1]));
  });
}

function found(
  index: NativeVectorIndex, queries: Float32Array, options?: VectorSearchOptions,
): { ids: number[]; scores: number[] } {
  const places = (queries.length / DIM) * K;
  const [ids, scores] = [new Uint32Array(places), new Float32Array(places)];
  index.search(queries, K, ids, scores, options);
  return { ids: [...ids], scores: [...scores] };
}

suite('A search with a filter for each query', () => {
  for (const kind of KINDS) {
    test(`finds in a ${kind} index what its queries find one by one`, async () => {
      const world = fc.record({
        seed: fc.nat(), metric: fc.constantFrom(...METRICS), count: fc.integer({ min: 1, max: 70 }),
      });
      await fc.assert(fc.asyncProperty(world, async ({ seed, metric, count }) => {
        const prng = new Prng(seed);
        const size = prng.pick([0, 5, 900]);
        const index = new VectorIndex({ kind, dim: DIM, metric });
        if (size > 0) index.add(idsFrom(0, size), clustered(prng, size, DIM, 9));
        const queries = clustered(prng, count, DIM, 9);
        const allowEach = filters(prng, size + 10, count);

        const together = found(index, queries, { allowEach });
        const [ids, scores] = [new Uint32Array(count * K), new Float32Array(count * K)];
        await index.searchAsync(queries, K, ids, scores, { allowEach });

        allowEach.forEach((allow, q) => {
          const alone = found(index, queries.subarray(q * DIM, (q + 1) * DIM), allow && { allow });
          const [from, to] = [q * K, (q + 1) * K];
          assert.deepEqual(together.ids.slice(from, to), alone.ids, `query ${q} of ${count}`);
          assert.deepEqual(together.scores.slice(from, to), alone.scores);
        });
        assert.deepEqual([...ids], together.ids);
        assert.deepEqual([...scores], together.scores);
      }), { numRuns: 60 });
    });
  }

  test('counts in its explanation how all of them were answered', () => {
    const index = new VectorIndex({ kind: 'exact', dim: DIM, metric: 'ip' });
    index.add(idsFrom(0, 100), clustered(new Prng(1), 100, DIM, 3));
    const explain: VectorSearchOptions['explain'] = {};

    found(index, new Float32Array(3 * DIM), { allowEach: [undefined, Uint32Array.of(1), undefined], explain });

    assert.equal(explain?.scanned, 3);
    assert.equal(explain?.walked, 0);
  });

  test('refuses a list of another length, or of something else, or beside one filter', () => {
    const index = new VectorIndex({ kind: 'exact', dim: DIM, metric: 'ip' });
    const two = new Float32Array(2 * DIM);
    const wrong = [[undefined], 3, [undefined, 'all'], [undefined, new Float32Array(1)]];
    for (const allowEach of wrong as never[]) {
      assert.throws(() => found(index, two, { allowEach }), { code: 'bad_argument', message: /allowEach/ });
    }
    const both = { allowEach: [undefined, undefined], allow: Uint32Array.of(1) };
    assert.throws(() => found(index, two, both), { code: 'bad_argument', message: /both/ });
  });
});
