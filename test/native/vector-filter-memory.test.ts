import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { Prng } from '../../server/core/prng.ts';
import { VectorIndex } from './vector-support.ts';

const COUNT = 12_000;
const DIM = 100; // long enough that a walk costs less than a scan
const K = 10;
const QUERIES = 40; // with one filter: more than it takes for it to be remembered

/** A graph and an exact index with the same vectors, half of the ids admitted. */
function world() {
  const prng = new Prng(31);
  const centres = Array.from({ length: 30 }, () => prng.row(DIM));
  const row = () => (centres[prng.below(30)] as Float32Array).map((x) => x + 0.8 * prng.normal());
  const graph = new VectorIndex({ kind: 'graph', dim: DIM, metric: 'cosine' });
  const exact = new VectorIndex({ kind: 'exact', dim: DIM, metric: 'cosine' });
  const put = (id: number) => {
    const vector = row();
    for (const index of [graph, exact]) index.add(Uint32Array.of(id), vector);
  };
  const vectors = new Float32Array(COUNT * DIM);
  for (let id = 0; id < COUNT; id += 1) vectors.set(row(), id * DIM);
  const ids = Uint32Array.from({ length: COUNT }, (_, id) => id);
  for (const index of [graph, exact]) index.add(ids, vectors);
  const allow = new Uint32Array(2 * Math.ceil(COUNT / 32)); // room for ids that come later
  for (let id = 0; id < 2 * COUNT; id += 1) if (prng.float() < 0.5) allow[id >>> 5]! |= 1 << id % 32;
  /** Share of the exact answers that the graph gives, and whether it gave any that may not be given. */
  const compare = () => {
    let found = 0;
    let forbidden = 0;
    let walked = 0;
    for (let q = 0; q < QUERIES; q += 1) {
      const query = row();
      const [want, got] = [exact, graph].map((index) => {
        const answer = new Uint32Array(K);
        const explain: { walked?: number } = {};
        index.search(query, K, answer, new Float32Array(K), { allow, beam: 60, explain });
        walked += explain.walked ?? 0;
        return [...answer];
      }) as [number[], number[]];
      found += got.filter((id) => want.includes(id)).length;
      forbidden += got.filter((id) => !graph.has(id) || ((allow[id >>> 5]! >>> id % 32) & 1) === 0).length;
    }
    return { recall: found / (QUERIES * K), forbidden, walked };
  };
  return { graph, exact, put, allow, compare, prng };
}

suite('A filter that comes again and again', () => {
  const { graph, exact, put, allow, compare, prng } = world();
  const holds = (what: string) => {
    const { recall, forbidden, walked } = compare();
    assert.equal(forbidden, 0, what);
    assert.ok(recall >= 0.95, `${what}: recall ${recall}`);
    assert.ok(walked > 0, `${what}: nothing was walked`);
  };

  test('admits what it did the first time', () => {
    holds('first');
    holds('remembered');
  });

  test('knows of vectors that came, changed and left since', () => {
    holds('before');
    for (let i = 0; i < 600; i += 1) put(COUNT + prng.below(COUNT)); // some of them twice
    for (let i = 0; i < 600; i += 1) put(prng.below(COUNT));
    const gone = Uint32Array.from({ length: 600 }, () => prng.below(COUNT));
    for (const index of [graph, exact]) index.remove(gone);
    holds('after');
  });

  test('is another one when its bits have changed in place', () => {
    holds('before');
    for (let at = 0; at < allow.length; at += 1) allow[at] = ~(allow[at] as number);
    holds('after');
  });

  test('is known among more filters than are remembered', () => {
    for (let turn = 0; turn < 12; turn += 1) {
      allow[turn]! ^= 0xff;
      holds(`turn ${turn}`);
    }
  });
});
