import assert from 'node:assert/strict';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import type { VectorIndexOptions } from '../../server/ann/binding.ts';
import { Prng } from '../../server/core/prng.ts';
import { tempFolder } from '../support/temp-file.ts';
import { VectorIndex, clustered, idsFrom, recall, search } from './vector-support.ts';

const COUNT = 6000;
const DIM = 100;
const NARROW = 128; // bytes, padded to cache lines
const WIDE = 256;
const K = 10;

/** Clusters, all of them `away` from the origin: by L2 the same neighbours, wherever that is. */
function vectorsAt(away: number): Float32Array {
  return clustered(new Prng(9), COUNT, DIM, 60).map((value) => value + away);
}

const graph = (options: Partial<VectorIndexOptions>) =>
  new VectorIndex({ kind: 'graph', dim: DIM, metric: 'l2', threads: 2, ...options });

function recallOf(index: InstanceType<typeof VectorIndex>, vectors: Float32Array): number {
  const exact = new VectorIndex({ kind: 'exact', dim: DIM, metric: index.metric });
  exact.add(idsFrom(0, COUNT), vectors);
  const queries = vectors.subarray(0, 200 * DIM);
  // One by one: together they would share a scan.
  const found = Array.from({ length: 200 }, (_, q) =>
    [...search(index, queries.subarray(q * DIM, (q + 1) * DIM), K, { beam: 60 }).ids]).flat();
  return recall(search(exact, queries, K).ids, Uint32Array.from(found), K);
}

suite('Codes of a graph', () => {
  test('have one byte where that tells vectors apart', () => {
    const vectors = vectorsAt(0);
    const index = graph({});
    index.add(idsFrom(0, COUNT), vectors);
    assert.equal(index.codeBytes, NARROW);
    assert.ok(recallOf(index, vectors) >= 0.98);
  });

  for (const metric of ['l2', 'cosine'] as const) {
    test(`${metric}: have two where vectors share a mean far from the origin`, () => {
      const vectors = vectorsAt(20);
      const narrow = graph({ metric, codes: 'narrow' });
      const fitted = graph({ metric });
      for (const index of [narrow, fitted]) index.add(idsFrom(0, COUNT), vectors);
      assert.equal(narrow.codeBytes, NARROW);
      assert.equal(fitted.codeBytes, WIDE);
      assert.ok(recallOf(narrow, vectors) < 0.9, 'or the test shows nothing');
      assert.ok(recallOf(fitted, vectors) >= 0.98, `${recallOf(fitted, vectors)}`);
    });
  }

  test('widen once enough vectors have come in small groups, and are searched meanwhile and after', () => {
    const vectors = vectorsAt(20);
    const index = graph({});
    for (let at = 0; at < COUNT; at += 500) {
      index.add(idsFrom(at, 500), vectors.subarray(at * DIM, (at + 500) * DIM));
      assert.equal(index.codeBytes, at + 500 < 2048 ? NARROW : WIDE);
      assert.equal(search(index, vectors.subarray(at * DIM, (at + 1) * DIM), 1).ids[0], at);
    }
    assert.ok(recallOf(index, vectors) >= 0.98, `${recallOf(index, vectors)}`);
  });

  test('stay as they are in a file, and may be chosen', () => {
    const vectors = vectorsAt(20);
    const path = join(tempFolder(), 'codes.index');
    for (const codes of ['narrow', 'wide'] as const) {
      const index = graph({ codes });
      index.add(idsFrom(0, COUNT), vectors);
      index.save(path);
      const opened = VectorIndex.open(path);
      assert.equal(opened.codeBytes, index.codeBytes);
      const queries = vectors.subarray(0, 20 * DIM);
      assert.deepEqual(search(opened, queries, K), search(index, queries, K));
      opened.close();
    }
  });

  test('are refused by a name they do not have', () => {
    assert.throws(() => graph({ codes: 'tiny' as 'wide' }), { code: 'bad_argument' });
  });
});
