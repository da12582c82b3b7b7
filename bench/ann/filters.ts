/** Searches that may return only some of the vectors: by chance, or because they lie together. */
import { join } from 'node:path';
import { Prng } from '../../server/core/prng.ts';
import { withRatios, type Row } from '../report.ts';
import { answers, BATCH, K, type Arena, type Contender } from './arena.ts';
import { digestOf, kept, readRows, writeParts } from './files.ts';
import { nextBeam, rateAt, recallOf, type Point, type SweepLimits } from './matched.ts';
import { EngineProcess } from './process.ts';
import { OURS } from './rivals.ts';
import type { VectorSet } from './sets.ts';

export interface FilterSize {
  readonly shares: readonly number[]; // of the vectors that may be returned
  readonly queriesMax: number;
  readonly queriesMin: number;
  readonly passMs: number; // one pass over the queries takes about so long, or the least number
  readonly sweep: SweepLimits;
}

const TARGET = 0.95;
const SEED = 20_261;
const CHUNK_ROWS = 16_384;

/** `random`: each by a seeded coin. `cluster`: those nearest to one of them, wherever queries lie. */
type Kind = 'random' | 'cluster';

/** `oracle` is our exact index with the set in it, told to filter as well. */
export async function filters(
  arena: Arena, oracle: EngineProcess, size: FilterSize, say: (what: string) => void,
): Promise<Row[]> {
  const { set } = arena;
  const contenders = arena.contenders.filter(({ rival }) => rival.filters && rival.spends === 'beam');
  const rates: Row[] = [];
  const bests: Row[] = [];
  for (const kind of ['random', 'cluster'] as const) {
    for (const share of size.shares) {
      const metric = `${share * 100} %`;
      say(`${set.name}: filter ${kind} ${metric}`);
      const bitmap = await bitmapOf(set, kind, share);
      const queries = Math.min(size.queriesMax, set.queryCount);
      await oracle.ask({ do: 'filter', bitmap });
      const truth = await answers(oracle, [], queries, BATCH);
      for (const contender of contenders) {
        const points = await measure(contender, bitmap, truth, queries, size);
        const impl = contender.rival.name;
        const rate = rateAt(points, TARGET);
        const most = Math.max(...points.map(({ recall }) => recall));
        const at = (what: string) => `${set.name}, filter ${kind}, ${what}`;
        const speeds = at(`recall@${K} ${TARGET}, one by one`);
        const highest = at(`highest recall@${K} measured`);
        if (rate !== null) rates.push({ case: speeds, impl, metric, value: rate, unit: 'queries/s' });
        bests.push({ case: highest, impl, metric, value: most, unit: 'share' });
      }
    }
  }
  return [...withRatios(rates, OURS), ...bests];
}

/** Recall and rate, beam by beam, until the target lies between two of them. */
async function measure(
  { engine, rival }: Contender, bitmap: string, truth: Uint32Array, queries: number, size: FilterSize,
): Promise<Point[]> {
  const points: Point[] = [];
  await engine.ask({ do: 'filter', bitmap });
  for (;;) {
    const seen = points.map(({ setting, recall }) => ({ beam: setting[0] as number, recall }));
    const beam = nextBeam(seen, [TARGET], size.sweep);
    if (beam === null) break;
    const setting = [beam];
    const { items, cpuS } = await engine.ask({ do: 'time', setting, batch: 1, leastMs: size.passMs / 4 });
    const rate = items / cpuS;
    const affordable = Math.round((rate * size.passMs) / 1000);
    const count = Math.min(queries, Math.max(size.queriesMin, affordable));
    const found = await answers(engine, setting, count, rival.batches ? BATCH : 1);
    points.push({ setting, rate, recall: recallOf(found, truth.subarray(0, count * K), K) });
  }
  await engine.ask({ do: 'filter', bitmap: null });
  return points;
}

/** A file of bits, of whole 32-bit words. */
async function bitmapOf(set: VectorSet, kind: Kind, share: number): Promise<string> {
  const inputs = JSON.stringify([set.inputs, kind, share, SEED]);
  const name = `filter-${set.key}-${digestOf(set.inputs).slice(0, 4)}-${kind}-${share}`;
  const folder = await kept(name, inputs, (half) => {
    const allowed = kind === 'random' ? byChance(set, share) : nearOne(set, share);
    const words = new Uint32Array(Math.ceil(set.count / 32));
    for (const id of allowed) words[id >> 5] = (words[id >> 5] as number) | (1 << (id & 31));
    writeParts(join(half, 'bits'), [words]);
  });
  return join(folder, 'bits');
}

function byChance({ count }: VectorSet, share: number): number[] {
  const prng = new Prng(SEED);
  return Array.from({ length: count }, (_, id) => id).filter(() => prng.float() < share);
}

/** The `share` of the vectors with the highest product with one of them. */
function nearOne({ base, dim, count }: VectorSet, share: number): number[] {
  const pivot = new Prng(SEED).below(count);
  const centre = readRows(base, dim, pivot, pivot + 1);
  const scores = new Float32Array(count);
  for (let from = 0; from < count; from += CHUNK_ROWS) {
    const to = Math.min(count, from + CHUNK_ROWS);
    const rows = readRows(base, dim, from, to);
    for (let id = from; id < to; id += 1) {
      let sum = 0;
      const at = (id - from) * dim;
      for (let d = 0; d < dim; d += 1) sum += (rows[at + d] as number) * (centre[d] as number);
      scores[id] = sum;
    }
  }
  const matches = Math.max(1, Math.round(share * count));
  const least = scores.toSorted().at(-matches) as number;
  const ids = Array.from(scores, (score, id) => (score >= least ? id : -1));
  return ids.filter((id) => id >= 0).slice(0, matches);
}

