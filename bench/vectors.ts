/** Vectors to search in: seeded clusters, and the Diginetica item vectors where the data are. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { Prng } from '../server/core/prng.ts';
import { realData } from '../test/support/real-data.ts';

export interface VectorSet {
  readonly name: string;
  readonly dim: number;
  readonly vectors: Float32Array; // [count, dim]
  readonly queries: Float32Array; // [queryCount, dim], none of them in `vectors`
}

/**
 * Points around seeded centres, as learned item vectors lie around a shop's categories. Queries
 * come from the same distribution.
 */
export function clusteredVectors(count: number, dim: number, queryCount: number, seed: number): VectorSet {
  const prng = new Prng(seed);
  const centres = Array.from({ length: Math.ceil(Math.sqrt(count)) }, () => prng.row(dim));
  const rows = (length: number) => {
    const out = new Float32Array(length * dim);
    for (let row = 0; row < length; row += 1) {
      const centre = prng.pick(centres);
      for (let d = 0; d < dim; d += 1) out[row * dim + d] = (centre[d] as number) + 0.6 * prng.normal();
    }
    return out;
  };
  return { name: `seeded clusters ${count} x ${dim}`, dim, vectors: rows(count), queries: rows(queryCount) };
}

/** Diginetica items and session queries, or null where the data folder is not there. */
export function digineticaVectors(): VectorSet | null {
  const { path, skip } = realData('vectors/diginetica_items_svd64_f16.npy.gz');
  if (skip !== false) return null;
  const items = readNpy(path);
  const queries = readNpy(realData('vectors/diginetica_session_queries_f32.npy.gz').path);
  const name = `Diginetica items ${items.rows} x ${items.dim}`;
  return { name, dim: items.dim, vectors: items.values, queries: queries.values };
}

/** A matrix in NumPy's `.npy` (version 1 or 2), gzipped: float16 or float32, in either order. */
function readNpy(path: string): { rows: number; dim: number; values: Float32Array } {
  const file = gunzipSync(readFileSync(path));
  const wide = (file[6] ?? 1) >= 2;
  const headAt = wide ? 12 : 10;
  const dataAt = headAt + (wide ? file.readUInt32LE(8) : file.readUInt16LE(8));
  const text = file.toString('latin1', headAt, dataAt);
  const shape = /'shape': \((\d+), (\d+)\)/.exec(text);
  const kind = /'descr': '<f([24])'/.exec(text)?.[1];
  if (!shape || !kind) throw new Error(`${path} is no matrix of float16 or float32: ${text.trim()}`);
  const [rows, dim] = [Number(shape[1]), Number(shape[2])];
  const byColumn = text.includes("'fortran_order': True");
  const read = (place: number) =>
    kind === '4' ? file.readFloatLE(dataAt + place * 4) : half(file.readUInt16LE(dataAt + place * 2));
  const values = Float32Array.from({ length: rows * dim }, (_, i) =>
    read(byColumn ? (i % dim) * rows + Math.floor(i / dim) : i),
  );
  return { rows, dim, values };
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
