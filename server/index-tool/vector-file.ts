/** Files of vectors, whatever their format. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { ServeError } from '../core/errors.ts';
import { ByteSource } from './byte-source.ts';
import { readFvecs } from './fvecs.ts';
import { readJsonl } from './jsonl.ts';
import { readNpy } from './npy.ts';
import { LENGTH_MAX, VectorFileError, type VectorChunk, type VectorId } from './vector-rows.ts';

type Reader = (source: ByteSource, path: string, bytes: number | null) => AsyncGenerator<VectorChunk>;

const READERS: Readonly<Record<string, Reader>> = {
  '.fvecs': readFvecs,
  '.npy': readNpy,
  '.jsonl': readJsonl,
};

/**
 * The vectors of a `.fvecs`, `.npy` or `.jsonl` file, `.gz` or not, `CHUNK_ROWS` at a time. Throws
 * `VectorFileError` at the first row that is wrong; the rows before it have been yielded.
 */
export async function* readVectors(path: string): AsyncGenerator<VectorChunk> {
  const zipped = path.endsWith('.gz');
  const plain = zipped ? path.slice(0, -'.gz'.length) : path;
  const ending = Object.keys(READERS).find((known) => plain.endsWith(known));
  if (!ending) {
    const known = Object.keys(READERS).join(', ');
    throw new VectorFileError(path, null, 'format', `its name must end in ${known}, or one of them and .gz`);
  }
  const file = createReadStream(path, { highWaterMark: 1 << 20 });
  const stream = zipped ? file.pipe(createGunzip()) : file;
  file.on('error', (error) => stream.destroy(error)); // `pipe` does not pass it on
  stream.on('error', () => {}); // whoever reads is told
  let rows = 0;
  try {
    const bytes = zipped ? null : (await stat(path)).size;
    for await (const chunk of (READERS[ending] as Reader)(new ByteSource(stream), path, bytes)) {
      checkLengths(path, chunk);
      rows += chunk.vectors.length / chunk.dim;
      yield chunk;
    }
  } catch (error) {
    throw asVectorFileError(path, error);
  } finally {
    file.destroy();
    stream.destroy();
  }
  if (rows === 0) throw new VectorFileError(path, null, 'empty', 'it holds no vectors');
}

/** All of them at once. A number or a text names each row; `ids` is null where the file has none. */
export async function collectVectors(
  path: string,
  progress: (rows: number, total: number | null) => void = () => {},
): Promise<{ dim: number; ids: VectorId[] | null; vectors: Float32Array }> {
  let vectors = new Float32Array(0);
  let used = 0;
  let dim = 0;
  let ids: VectorId[] | null = null;
  for await (const chunk of readVectors(path)) {
    dim = chunk.dim;
    if (used + chunk.vectors.length > vectors.length) {
      const rows = chunk.total ?? Math.ceil((2 * (used + chunk.vectors.length)) / dim);
      const larger = new Float32Array(rows * dim);
      larger.set(vectors.subarray(0, used));
      vectors = larger;
    }
    vectors.set(chunk.vectors, used);
    used += chunk.vectors.length;
    if (chunk.ids) (ids ??= []).push(...chunk.ids);
    progress(used / dim, chunk.total);
  }
  return { dim, ids, vectors: vectors.subarray(0, used) };
}

function checkLengths(path: string, { vectors, dim, first }: VectorChunk): void {
  for (let at = 0; at < vectors.length; at += dim) {
    let squares = 0; // of floats: finite, unless one of them is not
    for (let i = at; i < at + dim; i += 1) squares += (vectors[i] as number) * (vectors[i] as number);
    if (squares <= LENGTH_MAX * LENGTH_MAX) continue;
    const row = first + at / dim;
    const place = vectors.subarray(at, at + dim).findIndex((value) => !Number.isFinite(value));
    if (place < 0) throw new VectorFileError(path, row, 'too long', `its length is over ${LENGTH_MAX}`);
    throw new VectorFileError(path, row, 'not a number', `place ${place} holds ${vectors[at + place]}`);
  }
}

/** A file that is not there or not gzip fails as one that is wrong does; a defect of ours does not. */
function asVectorFileError(path: string, error: unknown): unknown {
  const { code = '', message } = error as { code?: string; message: string };
  if (error instanceof ServeError) return error;
  if (code.startsWith('Z_')) {
    const flaw = code === 'Z_BUF_ERROR' ? 'truncated' : 'format';
    return new VectorFileError(path, null, flaw, `gzip: ${message}`, { cause: error });
  }
  if (/^E[A-Z]+$/.test(code)) return new VectorFileError(path, null, 'unreadable', message, { cause: error });
  return error;
}
