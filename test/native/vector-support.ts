/** What the vector index's tests share: a plain oracle, made-up vectors, recall. */
import { NO_ID, loadAddon, type NativeVectorIndex } from '../../server/ann/binding.ts';
import { Prng } from '../../server/core/prng.ts';

export const addon = loadAddon();
export const { VectorIndex } = addon;

export type Kind = NativeVectorIndex['kind'];
export type Metric = NativeVectorIndex['metric'];
export const KINDS: readonly Kind[] = ['exact', 'graph'];
export const METRICS: readonly Metric[] = ['ip', 'cosine', 'l2'];

export interface Found {
  readonly ids: Uint32Array;
  readonly scores: Float32Array;
}

/** One query or several, into arrays of its own. */
export function search(
  index: NativeVectorIndex, queries: Float32Array, k: number,
  options?: { beam?: number; allow?: Uint32Array },
): Found {
  const places = (queries.length / index.dim) * k;
  const found = { ids: new Uint32Array(places), scores: new Float32Array(places) };
  index.search(queries, k, found.ids, found.scores, options);
  return found;
}

/** The score as `server/ann/binding.ts` defines it, in doubles. */
export function scoreOf(metric: Metric, query: ArrayLike<number>, vector: ArrayLike<number>): number {
  let dot = 0;
  let queryNorm = 0;
  let vectorNorm = 0;
  let distance = 0;
  for (let i = 0; i < query.length; i += 1) {
    const a = query[i] as number;
    const b = vector[i] as number;
    dot += a * b;
    queryNorm += a * a;
    vectorNorm += b * b;
    distance += (a - b) * (a - b);
  }
  if (metric === 'l2') return -distance;
  if (metric === 'ip') return dot;
  return queryNorm === 0 || vectorNorm === 0 ? 0 : dot / Math.sqrt(queryNorm * vectorNorm);
}

/** All vectors' scores, best first, ties by lower id. */
export function oracle(
  metric: Metric, vectors: ReadonlyMap<number, Float32Array>, query: Float32Array,
  allowed: (id: number) => boolean = () => true,
): { id: number; score: number }[] {
  return [...vectors]
    .filter(([id]) => allowed(id))
    .map(([id, vector]) => ({ id, score: scoreOf(metric, query, vector) }))
    .sort((a, b) => b.score - a.score || a.id - b.id);
}

/** `count` rows of `dim` floats around `centres` points: what embeddings of a catalogue look like. */
export function clustered(prng: Prng, count: number, dim: number, centres: number): Float32Array {
  const middle = Array.from({ length: centres }, () => prng.row(dim));
  const rows = new Float32Array(count * dim);
  for (let i = 0; i < count; i += 1) {
    const centre = prng.pick(middle);
    for (let j = 0; j < dim; j += 1) rows[i * dim + j] = (centre[j] as number) + 0.5 * prng.normal();
  }
  return rows;
}

export function idsFrom(first: number, count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => first + i);
}

/** A bitmap that allows each id below `end` with the given chance. */
export function chanceBitmap(prng: Prng, end: number, share: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(end / 32));
  for (let id = 0; id < end; id += 1) if (prng.float() < share) words[id >> 5]! |= 1 << id % 32;
  return words;
}

export function allows(bitmap: Uint32Array, id: number): boolean {
  return (((bitmap[id >>> 5] ?? 0) >>> id % 32) & 1) === 1;
}

/** Share of the true results, row by row of k, that were found. */
export function recall(truth: Uint32Array, found: Uint32Array, k: number): number {
  let wanted = 0;
  let got = 0;
  for (let at = 0; at < truth.length; at += k) {
    const row = new Set(found.subarray(at, at + k));
    for (const id of truth.subarray(at, at + k)) {
      if (id === NO_ID) continue;
      wanted += 1;
      if (row.has(id)) got += 1;
    }
  }
  return got / wanted;
}
