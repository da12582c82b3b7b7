/** The native vector index, exact and as a graph: recall beside speed, never one without the other. */
import { loadAddon, type NativeVectorIndex, type VectorIndexOptions } from '../server/ann/binding.ts';
import type { Bench } from './bench.ts';
import { interleave, spread } from './harness.ts';
import { withRatios, type Row } from './report.ts';
import { digest } from './requests.ts';
import { clusteredVectors, digineticaVectors, type VectorSet } from './vectors.ts';

const K = 10;
const BATCH = 64; // queries in one call
const BEAMS = [16, 32, 64, 128, 256];
const SIZES = {
  full: { count: 100_000, queries: 1000, leastMs: 400, turns: 5 },
  quick: { count: 20_000, queries: 500, leastMs: 60, turns: 3 },
  smoke: { count: 1000, queries: 64, leastMs: 1, turns: 1 },
} as const;

export const bench: Bench = {
  packages: [],
  async run({ size: named, say }) {
    const size = SIZES[named];
    const sets = [clusteredVectors(size.count, 64, size.queries, 5)];
    const real = named === 'smoke' ? null : digineticaVectors();
    if (real) sets.push(real);
    const rows: Row[] = [];
    for (const set of sets) {
      say(set.name);
      rows.push(...(await compare(set, size)));
    }
    const inputs = sets.flatMap(({ vectors, queries }) => [vectors, queries]).map(bytesOf);
    const notes = real ? [] : ['Diginetica was left out: no data folder (VITRINE_TEST_DATA)'];
    return { inputs: digest(inputs), rows, notes };
  },
};

/** One way to ask one index. */
interface Search {
  readonly name: string;
  readonly index: NativeVectorIndex;
  readonly beam?: number;
}

async function compare(set: VectorSet, size: (typeof SIZES)[keyof typeof SIZES]): Promise<Row[]> {
  const name = `${set.name}, inner product, k ${K}`;
  const row = (impl: string, metric: string, value: number, unit: string): Row => {
    return { case: name, impl, metric, value, unit };
  };
  const exact = build(set, { kind: 'exact', dim: set.dim, metric: 'ip' });
  const graph = build(set, { kind: 'graph', dim: set.dim, metric: 'ip' });
  const searches: Search[] = [
    { name: 'exact', index: exact.index },
    ...BEAMS.map((beam) => ({ name: `graph, beam ${beam}`, index: graph.index, beam })),
  ];
  const truth = answers(set, searches[0] as Search);
  const rows = searches.map((search) =>
    row(search.name, `recall@${K}`, recall(answers(set, search), truth), 'share'),
  );
  for (const [metric, batch] of [['one by one', 1], [`${BATCH} a call`, BATCH]] as const) {
    const rates = await interleave(
      searches.map((search) => ({
        name: search.name,
        run: () => queriesPerS(set, search, batch, size.leastMs),
      })),
      size.turns,
    );
    for (const [impl, values] of rates) {
      const { median, low, high } = spread(values);
      rows.push({ ...row(impl, metric, median, 'queries/s'), low, high });
    }
  }
  for (const [impl, built] of [['exact', exact], [searches[1]?.name ?? '', graph]] as const) {
    rows.push(row(impl, 'build', built.seconds, 's'));
    rows.push(row(impl, 'memory', built.index.bytes / built.index.size, 'bytes/vector'));
    built.index.close();
  }
  const rated = withRatios(rows, 'exact');
  return rated.map((r, at) => (r.unit === 'queries/s' ? r : (rows[at] as Row)));
}

function build(set: VectorSet, options: VectorIndexOptions): { index: NativeVectorIndex; seconds: number } {
  const index = new (loadAddon().VectorIndex)(options);
  const ids = Uint32Array.from({ length: set.vectors.length / set.dim }, (_, i) => i);
  const startMs = performance.now();
  index.add(ids, set.vectors);
  return { index, seconds: (performance.now() - startMs) / 1000 };
}

/** The ids of all queries' results, `[queries, K]`. */
function answers(set: VectorSet, { index, beam }: Search): Uint32Array {
  const count = set.queries.length / set.dim;
  const ids = new Uint32Array(count * K);
  index.search(set.queries, K, ids, new Float32Array(count * K), beam ? { beam } : {});
  return ids;
}

/** Share of the true nearest that were found. */
function recall(found: Uint32Array, truth: Uint32Array): number {
  let hits = 0;
  for (let at = 0; at < truth.length; at += K) {
    const nearest = new Set(truth.subarray(at, at + K));
    for (const id of found.subarray(at, at + K)) if (nearest.has(id)) hits += 1;
  }
  return hits / truth.length;
}

function queriesPerS(set: VectorSet, { index, beam }: Search, batch: number, leastMs: number): number {
  const ids = new Uint32Array(batch * K);
  const scores = new Float32Array(batch * K);
  const options = beam ? { beam } : {};
  const width = batch * set.dim;
  const last = set.queries.length - width;
  const startMs = performance.now();
  let done = 0;
  let at = 0;
  while (performance.now() - startMs < leastMs) {
    index.search(set.queries.subarray(at, at + width), K, ids, scores, options);
    done += batch;
    at = at + width > last ? 0 : at + width;
  }
  return (done * 1000) / (performance.now() - startMs);
}

function bytesOf(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
