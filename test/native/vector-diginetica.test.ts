import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Prng } from '../../server/core/prng.ts';
import { realData } from '../support/real-data.ts';
import { VectorIndex, chanceBitmap, idsFrom, recall, search } from './vector-support.ts';

const items = realData('vectors/diginetica_items_svd64_f16.npy.gz');
const DIM = 64;
const K = 10;

/**
 * 43,097 learned item vectors whose lengths differ 500-fold, and 1,000 session queries. The build beam
 * is half the default to keep the test short; the search beam is the default.
 */
suite('The graph on Diginetica\'s item vectors', () => {
  for (const metric of ['ip', 'cosine'] as const) {
    test(`${metric}: it finds 95 % of the ten best at the default beam, filtered or not`, { skip: items.skip }, () => {
      const vectors = rowsOf(halfs(npyBody(items.path)));
      const queries = floats(npyBody(realData('vectors/diginetica_session_queries_f32.npy.gz').path));
      const truth = neighbours(realData(`vectors/diginetica_${metric}_gt100.ivecs`).path);
      const count = vectors.length / DIM;
      const exact = new VectorIndex({ kind: 'exact', dim: DIM, metric });
      const graph = new VectorIndex({ kind: 'graph', dim: DIM, metric, buildBeam: 100 });
      for (const index of [exact, graph]) index.add(idsFrom(0, count), vectors);

      const best = search(exact, queries, K).ids;
      assert.ok(recall(truth, best, K) > 0.999, `exact: ${recall(truth, best, K)}`); // floats may order ties
      const reached = recall(truth, search(graph, queries, K).ids, K);
      assert.ok(reached >= 0.95, `${metric}: ${reached}`);
      const some = queries.subarray(0, 200 * DIM);
      for (const share of [0.5, 0.1, 0.01, 0.001]) {
        const allow = chanceBitmap(new Prng(7), count, share);
        const filtered = recall(search(exact, some, K, { allow }).ids, search(graph, some, K, { allow }).ids, K);
        assert.ok(filtered >= 0.95, `${metric}, share ${share}: ${filtered}`);
      }
    });
  }
});

/** What follows the header of a NumPy file, format 1.0. */
function npyBody(path: string): Buffer {
  const bytes = gunzipSync(readFileSync(path));
  return bytes.subarray(10 + bytes.readUInt16LE(8));
}

/** The file holds the matrix column by column. */
function rowsOf(columns: Float32Array): Float32Array {
  const count = columns.length / DIM;
  return columns.map((_, at) => columns[(at % DIM) * count + Math.floor(at / DIM)] as number);
}

function floats(bytes: Buffer): Float32Array {
  return new Float32Array(Uint8Array.from(bytes).buffer);
}

function halfs(bytes: Buffer): Float32Array {
  return Float32Array.from(new Uint16Array(Uint8Array.from(bytes).buffer), (half) => {
    const sign = half >> 15 === 0 ? 1 : -1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** The first K of each query's hundred nearest rows. */
function neighbours(path: string): Uint32Array {
  const words = new Uint32Array(Uint8Array.from(readFileSync(path)).buffer);
  const rows = words.length / 101;
  return Uint32Array.from({ length: rows * K }, (_, i) => words[Math.floor(i / K) * 101 + 1 + (i % K)] as number);
}
