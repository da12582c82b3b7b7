import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../server/core/prng.ts';
import { VectorIndex, search } from './vector-support.ts';

const DIM = 100;
const COUNT = 20_480;

suite('What a graph keeps unless it is told otherwise', () => {
  const prng = new Prng(12);
  const vectors = prng.row(COUNT * DIM);
  const ids = Uint32Array.from({ length: COUNT }, (_, id) => id);
  const index = new VectorIndex({ kind: 'graph', dim: DIM, metric: 'cosine' });
  index.add(ids, vectors);

  test('takes at most 560 bytes a vector of 100 values, edges and codes and vectors', (context) => {
    const each = index.bytes / COUNT;
    context.diagnostic(`${each.toFixed(1)} bytes a vector`);
    assert.ok(each <= 560, `${each}`);
  });

  test('is off by half a 32,767th of the largest value at most', () => {
    const kept = new Float32Array(DIM);
    for (let id = 0; id < 500; id += 1) {
      const given = vectors.subarray(id * DIM, (id + 1) * DIM);
      const most = Math.max(...given.map(Math.abs)) / 32_767 / 2;
      index.get(id, kept);
      kept.forEach((x, i) => assert.ok(Math.abs(x - (given[i] as number)) <= most * 1.01));
    }
  });

  test('scores as the floats do, to the fifth digit', () => {
    const exact = new VectorIndex({ kind: 'exact', dim: DIM, metric: 'cosine' });
    exact.add(ids, vectors);
    const queries = prng.row(20 * DIM);
    const allow = new Uint32Array(COUNT / 32).fill(1); // few enough to be compared one and all
    const [want, got] = [exact, index].map((one) => search(one, queries, 10, { allow }));
    want?.scores.forEach((score, i) => assert.ok(Math.abs(score - (got?.scores[i] as number)) < 1e-5));
  });
});
