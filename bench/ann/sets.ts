/** What `ann` searches in. Each set is a folder of files, made once and kept. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { collectVectors } from '../../server/index-tool/vector-file.ts';
import { realData } from '../../test/support/real-data.ts';
import type { BenchSize } from '../bench.ts';
import { clusteredRows, toUnitLength, type ClusterShape } from './clusters.ts';
import { digestOf, kept, readIds, writeParts } from './files.ts';
import { findWink } from './peers.ts';
import type { Metric } from './protocol.ts';
import { writeInOrder, writeShuffled } from './wink.ts';

export interface VectorSet {
  readonly key: string; // as `--only` names it
  readonly name: string; // for tables
  readonly inputs: string; // equal inputs, equal text
  readonly metric: Metric;
  readonly dim: number;
  readonly count: number;
  readonly queryCount: number;
  readonly base: string; // files of float32; see protocol.ts
  readonly queries: string;
  /** Nearest neighbours from outside, nearest first: `[queryCount, truthWidth]`. */
  readonly truth?: { readonly ids: Uint32Array; readonly width: number };
}

/** A set, or why it cannot be had here. */
export type Found = VectorSet | { readonly key: string; readonly missing: string };

const VERSION = 1; // of what the makers below write
/** Which words are the queries. */
const QUERIES_TAKEN_OUT = 'wink100_queries.json';

type Maker = (size: BenchSize) => Promise<Found> | Found;

/** In the order of the tables. */
export const SETS: Readonly<Record<string, Maker>> = {
  wink: winkShuffled,
  'wink-1k': winkInOrder,
  'diginetica-cosine': (size) => diginetica('cosine', size),
  'diginetica-ip': (size) => diginetica('ip', size),
  clusters: (size) => clusters('clusters', size, CLUSTERS[size]),
  'clusters-100k': (size) => fewer('clusters-100k', size, 96),
  'clusters-384d': (size) => fewer('clusters-384d', size, 384),
};
/** How figures move with count and dimension: searched where they are named, as nobody waits for them. */
export const SETS_ASKED_FOR: readonly string[] = ['clusters-100k', 'clusters-384d'];

/** Chosen so that a graph needs about the beams that it needs on word vectors of that number. */
const SHOP = { seed: 11, factors: 32, spread: 4, noise: 0.5 };
type Clusters = ClusterShape & { count: number; queryCount: number };
const CLUSTERS: Record<BenchSize, Clusters> = {
  full: { ...SHOP, dim: 96, groups: 64, clusters: 4096, count: 1_000_000, queryCount: 2000 },
  quick: { ...SHOP, dim: 64, groups: 16, clusters: 256, count: 20_000, queryCount: 1000 },
  smoke: { ...SHOP, dim: 16, groups: 4, clusters: 16, factors: 4, count: 1000, queryCount: 128 },
};
const QUICK_ROWS = 20_000;

function fewer(key: string, size: BenchSize, dim: number): Promise<VectorSet> | Found {
  if (size !== 'full') return { key, missing: 'in the full run alone' };
  return clusters(key, size, { ...CLUSTERS.full, dim, count: 100_000 });
}

async function clusters(key: string, size: BenchSize, whole: Clusters): Promise<VectorSet> {
  const { count, queryCount, ...shape } = whole;
  const inputs = JSON.stringify([VERSION, 'clusters', whole]);
  const folder = await kept(`${key}-${size}`, inputs, (half) => {
    writeParts(join(half, 'base.f32'), clusteredRows(shape, count, 0));
    writeParts(join(half, 'queries.f32'), clusteredRows(shape, queryCount, 1));
  });
  const { dim } = shape;
  const sizes = { dim, count, queryCount };
  return set('seeded clusters', folder, { key, inputs, metric: 'cosine', ...sizes });
}

async function winkShuffled(size: BenchSize): Promise<Found> {
  if (size === 'smoke') return { key: 'wink', missing: 'the test uses generated vectors' };
  const wink = findWink(size === 'full');
  if ('missing' in wink) return { key: 'wink', missing: wink.missing };
  const countMax = size === 'quick' ? QUICK_ROWS : Infinity;
  const inputs = JSON.stringify([VERSION, 'wink', '1.1.0', countMax]);
  const folder = await kept(`wink-${size}`, inputs, (half) => {
    const [base, queries] = [join(half, 'base.f32'), join(half, 'queries.f32')];
    const sizes = writeShuffled(wink.folder, base, queries, countMax);
    writeParts(join(half, 'sizes.u32'), [Uint32Array.of(sizes.count, sizes.queryCount)]);
  });
  const [count = 0, queryCount = 0] = readIds(join(folder, 'sizes.u32'));
  return set('wink words', folder, { key: 'wink', inputs, metric: 'cosine', dim: 100, count, queryCount });
}

/** The same words with queries and neighbours of the data folder: a truth that is not ours. */
async function winkInOrder(size: BenchSize): Promise<Found> {
  const key = 'wink-1k';
  if (size !== 'full') return { key, missing: 'in the full run alone' };
  const { path, skip } = realData(`vectors/${QUERIES_TAKEN_OUT}`);
  if (skip !== false) return { key, missing: skip };
  const wink = findWink(size === 'full');
  if ('missing' in wink) return { key, missing: wink.missing };
  const inputs = JSON.stringify([VERSION, key, '1.1.0', digestOf(readFileSync(path))]);
  const folder = await kept(key, inputs, (half) => {
    const [base, queries] = [join(half, 'base.f32'), join(half, 'queries.f32')];
    const { positionOf, ...sizes } = writeInOrder(wink.folder, base, queries, rowsOf(path));
    const { ids, width } = readIvecs(realData('vectors/wink100_cosine_gt100.ivecs').path);
    writeParts(join(half, 'truth.u32'), [ids.map((row) => positionOf[row] as number)]);
    writeParts(join(half, 'sizes.u32'), [Uint32Array.of(sizes.count, sizes.queryCount, width)]);
  });
  const [count = 0, queryCount = 0, width = 0] = readIds(join(folder, 'sizes.u32'));
  const truth = { ids: readIds(join(folder, 'truth.u32')), width };
  const rest = { key, inputs, metric: 'cosine', dim: 100, count, queryCount, truth } as const;
  return set('wink words, published queries', folder, rest);
}

async function diginetica(metric: Metric, size: BenchSize): Promise<Found> {
  const key = `diginetica-${metric}`;
  if (size === 'smoke') return { key, missing: 'the test uses generated vectors' };
  const items = realData('vectors/diginetica_items_svd64_f16.npy.gz');
  if (items.skip !== false) return { key, missing: items.skip };
  const asked = realData('vectors/diginetica_session_queries_f32.npy.gz').path;
  const digests = [items.path, asked].map((path) => digestOf(readFileSync(path)));
  const inputs = JSON.stringify([VERSION, key, ...digests]);
  const folder = await kept(key, inputs, async (half) => {
    const base = await collectVectors(items.path);
    const queries = await collectVectors(asked);
    if (metric === 'cosine') [base, queries].forEach(normalise);
    const [rows, askedRows] = [base, queries].map(({ vectors, dim }) => vectors.length / dim);
    writeParts(join(half, 'base.f32'), [base.vectors]);
    writeParts(join(half, 'queries.f32'), [queries.vectors]);
    writeParts(join(half, 'sizes.u32'), [Uint32Array.of(rows ?? 0, askedRows ?? 0, base.dim)]);
  });
  const [count = 0, queryCount = 0, dim = 0] = readIds(join(folder, 'sizes.u32'));
  const truth = readIvecs(realData(`vectors/${key.replace('-', '_')}_gt100.ivecs`).path);
  return set('Diginetica items', folder, { key, inputs, metric, dim, count, queryCount, truth });
}

function set(
  title: string, folder: string, rest: Omit<VectorSet, 'name' | 'base' | 'queries'>,
): VectorSet {
  const metric = rest.metric === 'ip' ? 'inner product' : 'cosine';
  const name = `${title}, ${rest.count.toLocaleString('en-US')} x ${rest.dim}, ${metric}`;
  return { ...rest, name, base: join(folder, 'base.f32'), queries: join(folder, 'queries.f32') };
}

function normalise({ vectors, dim }: { vectors: Float32Array; dim: number }): void {
  for (let at = 0; at < vectors.length; at += dim) toUnitLength(vectors.subarray(at, at + dim));
}

function rowsOf(path: string): number[] {
  const parsed = JSON.parse(readFileSync(path, 'utf8')) as { query_rows: number[] };
  return parsed.query_rows;
}

/** The `.ivecs` format: a little-endian int32 count before each row. */
function readIvecs(path: string): { ids: Uint32Array; width: number } {
  const words = readIds(path);
  const width = words[0] as number;
  return { ids: words.filter((_, i) => i % (width + 1) !== 0), width };
}
