import type { ByteSource } from './byte-source.ts';
import { copyFloats } from './fvecs.ts';
import { CHUNK_ROWS, DIM_MAX, VectorFileError, type VectorChunk } from './vector-rows.ts';

interface Head {
  readonly rows: number;
  readonly dim: number;
  readonly half: boolean; // float16, else float32
  readonly byColumn: boolean;
}

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');
const HEAD_BYTES_MAX = 65_536;

/**
 * NumPy's `.npy`, versions 1 to 3: a matrix of little-endian float16 or float32. One that lies column
 * by column (Fortran order) is read as a whole before its first row is known.
 */
export async function* readNpy(source: ByteSource, path: string): AsyncGenerator<VectorChunk> {
  const head = await readHead(source, path);
  const { rows, dim } = head;
  const size = head.half ? 2 : 4;
  const chunk = (first: number, vectors: Float32Array): VectorChunk => {
    return { dim, first, ids: null, vectors, total: rows };
  };
  if (head.byColumn) {
    const all = numbers(await source.take(rows * dim * size), head);
    if (all.length < rows * dim) throw ended(path, all.length % rows, head);
    for (let first = 0; first < rows; first += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, rows - first);
      const vectors = new Float32Array(count * dim);
      for (let d = 0; d < dim; d += 1) {
        for (let row = 0; row < count; row += 1) {
          vectors[row * dim + d] = all[d * rows + first + row] as number;
        }
      }
      yield chunk(first, vectors);
    }
  } else {
    for (let first = 0; first < rows; first += CHUNK_ROWS) {
      const count = Math.min(CHUNK_ROWS, rows - first);
      const vectors = numbers(await source.take(count * dim * size), head);
      if (vectors.length < count * dim) throw ended(path, first + Math.floor(vectors.length / dim), head);
      yield chunk(first, vectors);
    }
  }
  const more = (await source.take(1)).length;
  if (more > 0) throw new VectorFileError(path, null, 'format', `there is more behind its ${rows} rows`);
}

async function readHead(source: ByteSource, path: string): Promise<Head> {
  const fail = (detail: string) => new VectorFileError(path, null, 'format', detail);
  const start = await source.take(8);
  if (start.length === 0) throw new VectorFileError(path, null, 'empty', 'it holds no bytes');
  if (!start.subarray(0, MAGIC.length).equals(MAGIC)) throw fail('it does not begin as a .npy file does');
  const long = (start[6] ?? 0) >= 2;
  const width = long ? 4 : 2;
  const sized = await source.take(width);
  if (sized.length < width) throw new VectorFileError(path, null, 'truncated', 'it ends in its head');
  const bytes = long ? sized.readUInt32LE() : sized.readUInt16LE();
  if (bytes > HEAD_BYTES_MAX) throw fail(`its head has ${bytes} bytes, over ${HEAD_BYTES_MAX}`);
  const text = (await source.take(bytes)).toString('latin1');
  if (text.length < bytes) throw new VectorFileError(path, null, 'truncated', 'it ends in its head');
  const kind = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const shape = /'shape':\s*\((\d+),\s*(\d+),?\s*\)/.exec(text);
  if (kind !== '<f4' && kind !== '<f2') {
    throw fail(`its numbers are ${kind ?? 'of no kind'}; float32 ('<f4') and float16 ('<f2') are read`);
  }
  if (!shape) throw fail(`it is no matrix: ${text.trim()}`);
  const [rows, dim] = [Number(shape[1]), Number(shape[2])];
  if (dim < 1 || dim > DIM_MAX) {
    throw new VectorFileError(path, null, 'dimension', `its dimension is ${dim}, not 1..${DIM_MAX}`);
  }
  return { rows, dim, half: kind === '<f2', byColumn: /'fortran_order':\s*True/.test(text) };
}

function ended(path: string, row: number, { rows }: Head): VectorFileError {
  return new VectorFileError(path, row, 'truncated', `it ends here; its head promises ${rows} rows`);
}

/** Whole numbers of the block; a last half one is left out. */
function numbers(block: Buffer, { half }: Head): Float32Array {
  if (half) {
    return Float32Array.from({ length: block.length >> 1 }, (_, i) => float16(block.readUInt16LE(i * 2)));
  }
  const values = new Float32Array(block.length >> 2);
  copyFloats(block, 0, values, 0, values.length);
  return values;
}

/** The value of an IEEE 754 binary16. */
export function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
