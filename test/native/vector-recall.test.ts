import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { NO_ID } from '../../server/ann/binding.ts';
import { Prng } from '../../server/core/prng.ts';
import { METRICS, VectorIndex, allows, chanceBitmap, clustered, idsFrom, recall, search } from './vector-support.ts';

const COUNT = 8000;
const DIM = 24;
const K = 10;
/** Below the plan's COUNT / 50, so that the graph is walked, not scanned. */
const BEAM = 60;

/** The same made-up catalogue in both kinds, and queries near it. */
function pair(metric: 'ip' | 'cosine' | 'l2', seed = 17) {
  const prng = new Prng(seed);
  const vectors = clustered(prng, COUNT, DIM, 60);
  const queries = Float32Array.from(vectors.subarray(0, 200 * DIM), (value) => value + 0.3 * prng.normal());
  const exact = new VectorIndex({ kind: 'exact', dim: DIM, metric });
  const graph = new VectorIndex({ kind: 'graph', dim: DIM, metric, degree: 24, buildBeam: 80, keep: 'f32' });
  for (const index of [exact, graph]) index.add(idsFrom(0, COUNT), vectors);
  const found = (allow?: Uint32Array) => {
    const options = allow ? { beam: BEAM, allow } : { beam: BEAM };
    const truth = search(exact, queries, K, options).ids;
    const ids = search(graph, queries, K, options).ids;
    return { truth, ids, recall: recall(truth, ids, K) };
  };
  return { prng, vectors, queries, exact, graph, found };
}

suite('The graph', () => {
  for (const metric of METRICS) {
    test(`${metric}: it finds 95 % of the ten best, filtered or not, after removals, and after adding again`, () => {
      const { prng, vectors, exact, graph, found } = pair(metric);
      assert.ok(found().recall >= 0.95, `all: ${found().recall}`);

      for (const share of [0.5, 0.1, 0.01, 0.001]) {
        const allow = chanceBitmap(prng, COUNT, share);
        const { truth, ids, recall: reached } = found(allow);
        assert.ok(reached >= 0.95, `share ${share}: ${reached}`);
        assert.ok(ids.every((id) => id === NO_ID || allows(allow, id)), 'only what is allowed');
        const holes = (list: Uint32Array) => list.filter((id) => id === NO_ID).length;
        assert.equal(holes(ids), holes(truth), 'never fewer than min(k, matches)');
      }

      const gone = idsFrom(0, COUNT).filter(() => prng.float() < 0.3);
      for (const index of [exact, graph]) assert.equal(index.remove(gone), gone.length);
      assert.ok(found().recall >= 0.95, `after removals: ${found().recall}`);
      const away = new Set(gone);
      assert.ok(!found().ids.some((id) => away.has(id)), 'what is removed is never found');

      const rows = new Float32Array(gone.length * DIM);
      gone.forEach((id, i) => rows.set(vectors.subarray(id * DIM, (id + 1) * DIM), i * DIM));
      for (const index of [exact, graph]) index.add(gone, rows);
      assert.ok(found().recall >= 0.95, `added again: ${found().recall}`);
      assert.equal(graph.size, COUNT);
    });
  }

  test('it gives min(k, matches) results when all matches lie where the query does not', () => {
    const { exact, graph, queries } = pair('l2');
    const probe = queries.subarray(0, DIM);
    const far = search(exact, probe, COUNT).ids.slice(COUNT / 2); // the half that is farther away
    const allow = new Uint32Array(COUNT / 32);
    for (const id of far) allow[id >> 5]! |= 1 << id % 32;

    const found = search(graph, probe, 50, { beam: 50, allow });

    assert.deepEqual(found.ids, search(exact, probe, 50, { allow }).ids);
  });

  test('a thousand equal vectors are all found, and so are those behind them', () => {
    const prng = new Prng(4);
    const index = new VectorIndex({ kind: 'graph', dim: 8, metric: 'l2', degree: 8, buildBeam: 20 });
    index.add(idsFrom(0, 1000), new Float32Array(8000));
    const others = prng.row(8 * 2000);
    index.add(idsFrom(1000, 2000), others);
    const exact = new VectorIndex({ kind: 'exact', dim: 8, metric: 'l2' });
    exact.add(idsFrom(1000, 2000), others);

    assert.ok(search(index, new Float32Array(8), 1000).ids.every((id) => id < 1000));
    const queries = prng.row(8 * 100).map((value) => value * 2);
    const reached = recall(search(exact, queries, 10).ids, search(index, queries, 10, { beam: 50 }).ids, 10);
    assert.ok(reached >= 0.9, String(reached));
  });

  test('a catalogue that is replaced many times over keeps its recall and its memory', () => {
    const prng = new Prng(23);
    const exact = new VectorIndex({ kind: 'exact', dim: 8, metric: 'cosine' });
    const graph = new VectorIndex({ kind: 'graph', dim: 8, metric: 'cosine', degree: 16, buildBeam: 40 });
    const held = 2000;
    for (const index of [exact, graph]) index.add(idsFrom(0, held), new Prng(1).row(8 * held));
    const bytes = graph.bytes;

    for (let round = 1; round <= 6; round += 1) {
      const rows = prng.row(8 * held);
      const ids = idsFrom(round % 2 === 0 ? 0 : held, held); // replaced in place, or by other ids
      for (const index of [exact, graph]) {
        for (let i = 0; i < held; i += 1) {
          index.add(ids.subarray(i, i + 1), rows.subarray(i * 8, i * 8 + 8));
          index.remove(Uint32Array.of((ids[i] as number) + (round % 2 === 0 ? held : -held)));
        }
      }
    }

    assert.equal(graph.size, held);
    assert.ok(graph.bytes < bytes * 2, `${bytes} grew to ${graph.bytes}`);
    const queries = prng.row(8 * 200);
    const reached = recall(search(exact, queries, 10).ids, search(graph, queries, 10, { beam: 35 }).ids, 10);
    assert.ok(reached >= 0.95, String(reached));
  });

  test('a third of the catalogue changes: recall falls little, and refining brings it back', () => {
    const { vectors, graph, found } = pair('cosine');
    const before = found().recall;
    const gone = idsFrom(0, COUNT).filter((id) => id % 10 < 3);
    const rows = new Float32Array(gone.length * DIM);
    gone.forEach((id, i) => rows.set(vectors.subarray(id * DIM, (id + 1) * DIM), i * DIM));

    for (let at = 0; at < gone.length; at += 100) {
      graph.remove(gone.subarray(at, at + 100));
      graph.add(gone.subarray(at, at + 100), rows.subarray(at * DIM, (at + 100) * DIM));
    }

    const after = found().recall;
    assert.ok(after >= before - 0.01, `${before} fell to ${after}`);
    assert.equal(graph.refine(3), 3);
    assert.ok(graph.refine(2 * COUNT) >= COUNT);
    const refined = found().recall;
    assert.ok(refined >= before - 0.005, `${before}, ${after}, refined ${refined}`);
    assert.equal(new VectorIndex({ kind: 'exact', dim: 2, metric: 'ip' }).refine(5), 0);
  });

  test('emptied to the last vector it begins anew', () => {
    const prng = new Prng(6);
    const index = new VectorIndex({ kind: 'graph', dim: 4, metric: 'ip', degree: 8, buildBeam: 20 });
    const rows = prng.row(4 * 1500);
    index.add(idsFrom(0, 1500), rows);
    const before = search(index, rows.subarray(0, 400), 5, { beam: 20 }).ids;

    assert.equal(index.remove(idsFrom(0, 1500)), 1500);
    assert.ok(search(index, rows.subarray(0, 4), 5).ids.every((id) => id === NO_ID));
    index.add(idsFrom(0, 1500), rows);

    assert.deepEqual(search(index, rows.subarray(0, 400), 5, { beam: 20 }).ids, before);
  });
});
