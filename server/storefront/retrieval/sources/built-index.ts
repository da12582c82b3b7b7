import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Addon, NativeVectorIndex, VectorIndexOptions } from '../../../ann/binding.ts';
import type { Log } from '../../../core/log.ts';

/** Where graphs that were built are kept for the next start. */
export interface IndexCache {
  readonly folder: string; // made when it is first needed
  readonly name: string; // of the files in it: one is kept
  readonly log: Log;
}

/**
 * An index of these rows. A graph takes minutes to build for half a million vectors, so it is saved, and
 * opened where the same rows and vectors come again: the file's name is their digest. It is a cache:
 * a file that is damaged or cannot be written costs a line in the log.
 */
export function builtIndex(
  { VectorIndex }: Pick<Addon, 'VectorIndex'>,
  options: VectorIndexOptions,
  rows: Uint32Array,
  vectors: Float32Array,
  cache?: IndexCache,
): NativeVectorIndex {
  const build = (): NativeVectorIndex => {
    const index = new VectorIndex(options);
    if (rows.length > 0) index.add(rows, vectors);
    return index;
  };
  if (!cache || options.kind === 'exact') return build();
  const { folder, name, log } = cache;
  const file = `${name}-${digestOf(options, rows, vectors)}.index`;
  const path = join(folder, file);
  try {
    // Copied into memory: it is changed as the catalogue is, and searched a lot.
    if (existsSync(path)) return VectorIndex.open(path, { mode: 'load' });
  } catch (error) {
    log.warn('a saved graph is of no use: it is built again', { path, why: (error as Error).message });
  }
  log.info('building the graph of a vector index', { name, vectors: rows.length });
  const index = build();
  try {
    mkdirSync(folder, { recursive: true });
    index.save(path);
    for (const other of readdirSync(folder)) {
      if (other.startsWith(`${name}-`) && other !== file) rmSync(join(folder, other));
    }
  } catch (error) {
    log.warn('a graph could not be saved', { path, why: (error as Error).message });
  }
  return index;
}

function digestOf(options: VectorIndexOptions, rows: Uint32Array, vectors: Float32Array): string {
  const digest = createHash('sha256').update(JSON.stringify(options));
  return digest.update(rows).update(vectors).digest('hex').slice(0, 32);
}
