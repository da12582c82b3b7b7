import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { NativeVectorIndex } from '../../server/ann/binding.ts';
import { Prng } from '../../server/core/prng.ts';
import { tempFolder } from '../support/temp-file.ts';
import { METRICS, VectorIndex, clustered, idsFrom, recall, search } from './vector-support.ts';

const COUNT = 3000;
const DIM = 100;

suite('Many vectors that come to an empty graph', () => {
  const folder = tempFolder();
  const vectors = clustered(new Prng(3), COUNT, DIM, 40);

  function built(metric: 'ip' | 'cosine' | 'l2', threads: number, keep: 'f32' | 'bf16' = 'f32') {
    const index = new VectorIndex({ kind: 'graph', dim: DIM, metric, degree: 24, buildBeam: 40, threads, keep });
    index.add(idsFrom(0, COUNT), vectors);
    return index;
  }

  test('are built the same on one thread and on three, bit for bit', () => {
    for (const metric of METRICS) {
      const files = [1, 3].map((threads) => {
        const path = join(folder, `${metric}${threads}`);
        built(metric, threads).save(path);
        return readFileSync(path);
      });
      assert.ok(files[0]?.equals(files[1] as Buffer), metric);
    }
  });

  test('are found, kept as floats or as halves', () => {
    for (const metric of METRICS) {
      const exact = new VectorIndex({ kind: 'exact', dim: DIM, metric });
      exact.add(idsFrom(0, COUNT), vectors);
      const queries = Float32Array.from(vectors.subarray(0, 200 * DIM), (value, i) => value + (i % 7) * 0.1);
      const truth = search(exact, queries, 10).ids;
      const [full, half] = (['f32', 'bf16'] as const).map((keep) => built(metric, 2, keep));
      const reached = [full, half].map((index) =>
        recall(truth, search(index as NativeVectorIndex, queries, 10, { beam: 50 }).ids, 10));
      assert.ok((reached[0] as number) >= 0.97 && (reached[1] as number) >= 0.95, `${metric}: ${reached}`);
      assert.ok((half?.bytes ?? 0) < (full?.bytes ?? 0) * 0.8);
    }
  });

  test('an id that comes twice is refused, and nothing is built', () => {
    const index = new VectorIndex({ kind: 'graph', dim: DIM, metric: 'l2', degree: 16, buildBeam: 20 });
    const ids = idsFrom(0, COUNT).reverse();
    ids[7] = 1999;

    assert.throws(() => index.add(ids, vectors), { code: 'bad_argument', message: /^id 1999 comes twice/ });

    assert.equal(index.size, 0);
  });

  test('tell how far they are, and what that throws is thrown', () => {
    const index = new VectorIndex({ kind: 'graph', dim: DIM, metric: 'l2', degree: 16, buildBeam: 20, threads: 1 });
    const told: number[] = [];

    index.add(idsFrom(0, COUNT), vectors, { onProgress: (done) => void told.push(done) });

    assert.ok(told.length > 10 && told.every((done, i) => done >= (told[i - 1] ?? 0) && done <= 1));
    assert.ok((told.at(-1) as number) > 0.9);
    const other = new VectorIndex({ kind: 'graph', dim: DIM, metric: 'l2', degree: 16, buildBeam: 20 });
    const fail = () => {
      throw new RangeError('enough');
    };
    assert.throws(() => other.add(idsFrom(0, COUNT), vectors, { onProgress: fail }), /enough/);
    assert.equal(other.size, COUNT); // it was told, not asked
  });

  test('and others that come meanwhile are all there in the end', () => {
    const index = new VectorIndex({ kind: 'graph', dim: DIM, metric: 'l2', degree: 16, buildBeam: 20, threads: 1 });
    let added = false;

    index.add(idsFrom(0, COUNT), vectors.slice(), {
      onProgress: () => {
        if (!added) index.add(Uint32Array.of(9999), vectors.subarray(0, DIM));
        added = true;
      },
    });

    assert.equal(index.size, COUNT + 1);
    assert.deepEqual([...search(index, vectors.subarray(0, DIM), 2).ids], [0, 9999]);
  });
});
