/** NumPy matrices of the data folder. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A matrix in NumPy's `.npy` (version 1 or 2), gzipped: float16 or float32, in either order. */
export function readNpy(path: string): { rows: number; dim: number; values: Float32Array } {
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
