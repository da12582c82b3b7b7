import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../server/core/prng.ts';
import { METRICS, VectorIndex, addon, clustered, idsFrom, scoreOf, search } from './vector-support.ts';

suite('Every instruction set', () => {
  test('gives the scores of plain doubles, whatever the width', () => {
    const prng = new Prng(42);
    const count = 9;
    for (const dim of [1, 2, 3, 7, 15, 16, 17, 31, 32, 33, 48, 64, 100, 128, 129, 768, 4096]) {
      const vectors = prng.row(dim * count);
      const query = prng.row(dim);
      for (const metric of METRICS) {
        const rowOf = (i: number) => vectors.subarray(i * dim, (i + 1) * dim);
        const want = Array.from({ length: count }, (_, i) => scoreOf(metric, query, rowOf(i)));
        for (const isa of addon.isas()) {
          const index = new VectorIndex({ kind: 'exact', dim, metric, isa });
          index.add(idsFrom(0, count), vectors);

          const found = search(index, query, count);

          found.ids.forEach((id, at) => {
            const score = want[id] as number;
            const error = Math.abs((found.scores[at] as number) - score) / Math.max(Math.abs(score), Math.sqrt(dim));
            assert.ok(error < Math.sqrt(dim) * 2 ** -22, `${isa} ${metric} dim=${dim}: ${error}`);
          });
        }
      }
    }
  });

  test('finds the same in many queries at once, whatever the width, on any thread', async () => {
    const prng = new Prng(43);
    const count = 300;
    for (const dim of [4, 12, 60, 64, 68, 100, 128, 300, 4096]) {
      const vectors = clustered(prng, count, dim, 20);
      for (const metric of METRICS) {
        const queries = vectors.subarray(0, dim * (dim > 1000 ? 70 : 150));
        const size = (queries.length / dim) * 5;
        const found = addon.isas().map((isa) => {
          const index = new VectorIndex({ kind: 'exact', dim, metric, isa });
          index.add(idsFrom(0, count), vectors);
          return { isa, index, ...search(index, queries, 5) };
        });
        const plain = found.at(-1) as (typeof found)[number];
        for (const { isa, index, scores } of found) {
          const elsewhere = { ids: new Uint32Array(size), scores: new Float32Array(size) };
          await Promise.all([1, 2].map(() => index.searchAsync(queries, 5, elsewhere.ids, elsewhere.scores)));

          assert.deepEqual(elsewhere.scores, scores, `${isa} ${metric} dim=${dim}`);
          scores.forEach((score, at) => {
            const error = Math.abs(score - (plain.scores[at] as number)) / (1 + Math.abs(score));
            assert.ok(error < Math.sqrt(dim) * 2 ** -20, `${isa} ${metric} dim=${dim}: ${error}`);
          });
        }
      }
    }
  });

  test('leads the graph to the same neighbours', () => {
    const prng = new Prng(5);
    const vectors = prng.row(24 * 1500);
    const queries = prng.row(24 * 50);
    const answers = addon.isas().map((isa) => {
      const index = new VectorIndex({ kind: 'graph', dim: 24, metric: 'l2', isa, buildBeam: 60, degree: 16 });
      index.add(idsFrom(0, 1500), vectors);
      return search(index, queries, 10, { beam: 25 }).ids;
    });
    for (const ids of answers) {
      const same = ids.filter((id, at) => id === answers[0]?.[at]).length;
      assert.ok(same / ids.length > 0.95, `${same} of ${ids.length}`); // rounding may part ways
    }
  });
});
