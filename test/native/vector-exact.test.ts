import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../server/core/prng.ts';
import { METRICS, VectorIndex, addon, chanceBitmap, clustered, idsFrom, oracle, search } from './vector-support.ts';

/**
 * The exact index rules vectors out by codes of one byte. Whatever the vectors are like, nothing that
 * belongs to the answer may be lost.
 */
const WORLDS: Record<string, (prng: Prng, count: number, dim: number) => Float32Array> = {
  'in bundles': (prng, count, dim) => clustered(prng, count, dim, 20),
  'in bundles too tight for codes': (prng, count, dim) => {
    const rows = clustered(prng, count, dim, 3);
    return rows.map((_, i) => (rows[i % dim] as number) + 1e-4 * prng.normal());
  },
  'of lengths a million-fold apart': (prng, count, dim) => {
    const rows = prng.row(count * dim);
    return rows.map((value, i) => value * 10 ** ((Math.floor(i / dim) % 7) - 3));
  },
  'with a single value each': (prng, count, dim) => {
    const rows = new Float32Array(count * dim);
    for (let i = 0; i < count; i += 1) rows[i * dim + prng.below(dim)] = prng.float() - 0.5;
    return rows;
  },
  'of small whole numbers': (prng, count, dim) =>
    Float32Array.from({ length: count * dim }, () => prng.below(3) - 1),
};
const COUNT = 700;
const K = 10;

suite('The exact index', () => {
  for (const [kind, make] of Object.entries(WORLDS)) {
    test(`it is exact for vectors ${kind}`, () => {
      for (const metric of METRICS) {
        for (const dim of [3, 20, 100]) {
          const prng = new Prng(dim);
          const vectors = make(prng, COUNT, dim);
          const queries = Float32Array.from({ length: 9 * dim }, (_, i) =>
            (vectors[i * 3] as number) + (i % dim === 0 ? 0.1 : 0));
          const allow = chanceBitmap(prng, COUNT, 0.3);
          for (const keep of ['f32', 'bf16', 'i16'] as const) {
            const index = new VectorIndex({ kind: 'exact', dim, metric, keep });
            index.add(idsFrom(0, COUNT), vectors);
            const kept = new Map(Array.from(idsFrom(0, COUNT), (id) => {
              const row = new Float32Array(dim);
              index.get(id, row);
              return [id, row];
            }));
            const together = search(index, queries, K, {});
            const filtered = search(index, queries, K, { allow });
            for (let q = 0; q < 9; q += 1) {
              const query = queries.subarray(q * dim, (q + 1) * dim);
              const all = oracle(metric, kept, query);
              const some = all.filter(({ id }) => ((allow[id >>> 5] ?? 0) >>> id % 32) & 1);
              const scale = Math.abs(all[0]?.score ?? 0) + Math.abs(all.at(-1)?.score ?? 0);
              for (const [found, want] of [[together, all], [filtered, some]] as const) {
                for (let i = 0; i < K; i += 1) {
                  const off = Math.abs((found.scores[q * K + i] as number) - (want[i]?.score as number));
                  assert.ok(off <= scale * 2e-6, `${metric} ${keep} dim=${dim} query ${q} place ${i}: ${off}`);
                }
              }
            }
          }
        }
      }
    });
  }

  test('its answers are the same on every instruction set', () => {
    const prng = new Prng(9);
    const vectors = clustered(prng, 3000, 50, 30);
    for (const metric of METRICS) {
      const [first, ...others] = addon.isas().map((isa) => {
        const index = new VectorIndex({ kind: 'exact', dim: 50, metric, isa });
        index.add(idsFrom(0, 3000), vectors);
        return search(index, vectors.subarray(0, 50 * 30), 10).ids;
      });
      for (const ids of others) {
        const same = ids.filter((id, at) => id === first?.[at]).length;
        assert.ok(same >= ids.length * 0.99, `${metric}: ${same}`); // floats may order ties
      }
    }
  });
});
