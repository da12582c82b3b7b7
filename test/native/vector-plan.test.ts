import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NO_ID } from '../../server/ann/binding.ts';
import type { NativeVectorIndex, SearchExplanation, VectorSearchOptions } from '../../server/ann/binding.ts';
import { Prng } from '../../server/core/prng.ts';
import { tempFolder } from '../support/temp-file.ts';
import { VectorIndex, search } from './vector-support.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const COUNT = 30_000;
const DIM = 24;
const KINDS = 150; // clusters: an item's category is the cluster it is of
const QUERIES = 24;
const K = 10;
const SHARES = [0.5, 0.1, 0.01, 0.001, 0.0001];

/** Clustered vectors, a graph of them and an exact index, and queries from the clusters. */
function world() {
  const prng = new Prng(77);
  const centres = Array.from({ length: KINDS }, () => prng.row(DIM));
  const near = (kind: number) => (centres[kind] as Float32Array).map((x) => x + 0.55 * prng.normal());
  const kinds = Uint8Array.from({ length: COUNT }, () => Math.floor(KINDS * prng.float() ** 1.5));
  const vectors = new Float32Array(COUNT * DIM);
  kinds.forEach((kind, id) => vectors.set(near(kind), id * DIM));
  const ids = Uint32Array.from({ length: COUNT }, (_, id) => id);
  const graph = new VectorIndex({ kind: 'graph', dim: DIM, metric: 'cosine' });
  const exact = new VectorIndex({ kind: 'exact', dim: DIM, metric: 'cosine' });
  for (const index of [graph, exact]) index.add(ids, vectors);
  const queries = Array.from({ length: QUERIES }, () => {
    const kind = kinds[prng.below(COUNT)] as number;
    return { kind, vector: near(kind) };
  });
  return { prng, kinds, centres, graph, exact, queries };
}

const { prng, kinds, centres, graph, exact, queries } = world();

type Filter = (share: number, kind: number) => Uint32Array;

function bitmapOf(admits: (id: number) => boolean): Uint32Array {
  const words = new Uint32Array(Math.ceil(COUNT / 32));
  for (let id = 0; id < COUNT; id += 1) if (admits(id)) words[id >>> 5]! |= 1 << id % 32;
  return words;
}

/** Whole categories in the given order until they hold the share; of the last one a part. */
function categories(share: number, order: readonly number[]): Uint32Array {
  let left = Math.max(1, Math.round(share * COUNT));
  const admitted = new Set<number>();
  for (const kind of order) {
    for (let id = 0; id < COUNT && left > 0; id += 1) {
      if (kinds[id] !== kind) continue;
      admitted.add(id);
      left -= 1;
    }
  }
  return bitmapOf((id) => admitted.has(id));
}

/** Categories by how near they lie to one of them. */
function byNearness(kind: number): number[] {
  const from = centres[kind] as Float32Array;
  const distance = (other: number) =>
    (centres[other] as Float32Array).reduce((sum, x, i) => sum + (x - (from[i] as number)) ** 2, 0);
  return Array.from({ length: KINDS }, (_, other) => other).sort((a, b) => distance(a) - distance(b));
}

const FILTERS: Record<string, Filter> = {
  'of items at random': (share) => bitmapOf(() => prng.float() < share),
  'of the categories around the query': (share, kind) => categories(share, byNearness(kind)),
  'of the categories farthest from the query': (share, kind) => categories(share, byNearness(kind).reverse()),
  'of categories at random': (share) =>
    categories(share, Array.from({ length: KINDS }, (_, kind) => kind).sort(() => prng.float() - 0.5)),
};

function answer(
  index: NativeVectorIndex, vector: Float32Array, allow: Uint32Array, options: VectorSearchOptions = {},
): number[] {
  const ids = new Uint32Array(K);
  index.search(vector, K, ids, new Float32Array(K), { allow, ...options });
  return [...ids].filter((id) => id !== NO_ID);
}

suite('A search with a filter', () => {
  for (const [name, filter] of Object.entries(FILTERS)) {
    for (const beam of [40, 100]) test(`${name} finds what an exact one does, at beam ${beam}`, (context) => {
      for (const share of SHARES) {
        let wanted = 0;
        let found = 0;
        const plans: Record<string, number> = {};
        for (const { kind, vector } of queries) {
          const allow = filter(share, kind);
          const explain: Partial<SearchExplanation> = {};
          const want = answer(exact, vector, allow);

          const got = answer(graph, vector, allow, { beam, explain });

          assert.equal(got.length, want.length, 'never fewer than k or all that match');
          wanted += want.length;
          found += got.filter((id) => want.includes(id)).length;
          plans[explain.plan as string] = (plans[explain.plan as string] ?? 0) + 1;
        }
        const recall = wanted === 0 ? 1 : found / wanted;
        context.diagnostic(`${share * 100} %: recall ${recall.toFixed(4)}, ${JSON.stringify(plans)}`);
        assert.ok(recall >= 0.95, `${share}: recall ${recall}`);
      }
    });
  }

  test('says how it was made and why', () => {
    const { kind, vector } = queries[0] as { kind: number; vector: Float32Array };
    const asked = (allow?: Uint32Array): SearchExplanation => {
      const explain: Partial<SearchExplanation> = {};
      graph.search(vector, K, new Uint32Array(K), new Float32Array(K), { explain, ...(allow && { allow }) });
      return explain as SearchExplanation;
    };

    const open = asked();
    assert.deepEqual([open.plan, open.vectors, open.matches, open.walked, open.scanned],
      ['graph', COUNT, COUNT, 1, 0]);
    const rare = asked(bitmapOf((id) => id < 30));
    assert.deepEqual([rare.plan, rare.why, rare.matches, rare.scanned, rare.givenUp],
      ['scan matches', 'comparing with every match costs less than a walk', 30, 1, 0]);
    const half = asked(bitmapOf((id) => id % 2 === 0));
    assert.deepEqual([half.plan, half.matches, half.walked], ['graph', COUNT / 2, 1]);
    assert.ok(half.steps > 0 && half.nearbySeen > 0 && half.graphUs < half.scanUs);
    const elsewhere = asked((FILTERS['of the categories farthest from the query'] as Filter)(0.5, kind));
    assert.equal(elsewhere.plan, 'scan matches');
    assert.ok(elsewhere.nearbyMatches < 8, `${elsewhere.nearbyMatches} of ${elsewhere.nearbySeen}`);
    assert.equal(elsewhere.why, 'the matches lie far from the query');
  });

  test('of several queries decides for each of them, on the thread and off it', async () => {
    const allow = categories(0.5, byNearness(queries[0]?.kind as number));
    const rows = new Float32Array(queries.flatMap(({ vector }) => [...vector]));
    const explain: Partial<SearchExplanation> = {};
    const ids = new Uint32Array(QUERIES * K);
    const path = join(tempFolder(), 'graph');
    graph.save(path);
    const plain = VectorIndex.open(path, { isa: 'scalar' }); // others compare faster together than apart

    await plain.searchAsync(rows, K, ids, new Float32Array(QUERIES * K), { allow, explain });

    assert.equal((explain.walked as number) + (explain.scanned as number), QUERIES);
    assert.ok((explain.walked as number) > 0 && (explain.scanned as number) > 0, JSON.stringify(explain));
    assert.deepEqual([...search(plain, rows, K, { allow }).ids], [...ids]);
    queries.forEach(({ vector }, q) => {
      assert.deepEqual([...ids.subarray(q * K, (q + 1) * K)], answer(plain, vector, allow), `query ${q}`);
    });
  });

  test('an exact index says that it is one, and what is no object is refused', () => {
    const explain: Partial<SearchExplanation> = {};
    exact.search(new Float32Array(DIM).fill(1), K, new Uint32Array(K), new Float32Array(K), { explain });
    assert.deepEqual([explain.plan, explain.why, explain.scanned], ['scan all', 'the index is exact', 1]);
    for (const wrong of [3, 'yes', new Uint32Array(1)]) {
      assert.throws(() => exact.search(new Float32Array(DIM), K, new Uint32Array(K), new Float32Array(K),
        { explain: wrong as never }), { code: 'bad_argument' });
    }
  });
});

test('The plan is a pure function of counts, and the compiler holds it to its table', () => {
  const compiler = process.env.CXX ?? 'c++';
  const source = 'native/test/plan_check.cc';

  const built = spawnSync(compiler, ['-std=c++20', '-fsyntax-only', '-Inative', source], {
    cwd: root, encoding: 'utf8',
  });

  assert.equal(built.status, 0, built.stderr);
});
