/** Little-endian arrays in files, and the folder where the bench keeps what took long to make. */
import { createHash } from 'node:crypto';
import {
  closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, readSync, renameSync, rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../machine.ts';

/** All that `ann` keeps between runs. May be removed at any time. */
export const CACHE = join(ROOT, 'build/bench/ann');

/**
 * The folder that `make` filled for these inputs, now or in an earlier run. What it made for other
 * inputs of the same name is removed. A `make` that throws leaves nothing.
 */
export async function kept(
  name: string,
  inputs: string,
  make: (folder: string) => Promise<void> | void,
): Promise<string> {
  const folder = join(CACHE, `${name}-${digestOf(inputs)}`);
  if (existsSync(folder)) return folder;
  const half = `${folder}.half`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { recursive: true });
  await make(half);
  for (const old of readdirSync(CACHE)) {
    const ours = old.startsWith(`${name}-`) && /^[0-9a-f]{16}$/.test(old.slice(name.length + 1));
    if (ours) rmSync(join(CACHE, old), { recursive: true });
  }
  renameSync(half, folder);
  return folder;
}

/** Sixteen hexadecimal digits that stand for the text. */
export function digestOf(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

export function readFloats(path: string): Float32Array {
  const bytes = readFileSync(path);
  if (bytes.byteOffset % 4 !== 0) throw new Error(`${path} is too small to be a set of vectors`);
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

export function readIds(path: string): Uint32Array {
  const bytes = new Uint8Array(readFileSync(path)); // a copy: small files share a pool, unaligned
  return new Uint32Array(bytes.buffer, 0, bytes.length / 4);
}

/** Rows `from .. to` of a file of float32 `[count, dim]`. */
export function readRows(path: string, dim: number, from: number, to: number): Float32Array {
  const rows = new Float32Array((to - from) * dim);
  const file = openSync(path, 'r');
  try {
    const bytes = new Uint8Array(rows.buffer);
    const read = readSync(file, bytes, 0, bytes.length, from * dim * 4);
    if (read !== bytes.length) throw new Error(`${path} ends before row ${to}`);
  } finally {
    closeSync(file);
  }
  return rows;
}

/** Writes the parts one after another: no set needs to fit in memory. */
export function writeParts(path: string, parts: Iterable<Float32Array | Uint32Array>): void {
  const file = openSync(path, 'w');
  try {
    for (const part of parts) {
      const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
      for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    }
  } finally {
    closeSync(file);
  }
}
