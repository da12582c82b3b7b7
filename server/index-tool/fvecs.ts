import type { ByteSource } from './byte-source.ts';
import { CHUNK_ROWS, DIM_MAX, VectorFileError, type VectorChunk } from './vector-rows.ts';

/** `.fvecs`: each row is a little-endian int32, its dimension, and so many float32. */
export async function* readFvecs(
  source: ByteSource, path: string, bytes: number | null,
): AsyncGenerator<VectorChunk> {
  const head = await source.take(4);
  if (head.length === 0) return;
  if (head.length < 4) throw new VectorFileError(path, 0, 'truncated', 'it ends inside a dimension');
  const dim = head.readInt32LE();
  if (dim < 1 || dim > DIM_MAX) {
    throw new VectorFileError(path, 0, 'dimension', `its dimension is ${dim}, not 1..${DIM_MAX}`);
  }
  const rowBytes = 4 + dim * 4;
  const total = bytes === null ? null : Math.floor(bytes / rowBytes);
  const check = (block: Buffer, at: number, row: number) => {
    const said = block.readInt32LE(at);
    if (said === dim) return;
    throw new VectorFileError(path, row, 'dimension', `its dimension is ${said}, the first row's ${dim}`);
  };
  let first = 0;
  let block: Buffer = Buffer.concat([head, await source.take(CHUNK_ROWS * rowBytes - 4)]);
  while (block.length > 0) {
    const rows = Math.floor(block.length / rowBytes);
    const vectors = new Float32Array(rows * dim);
    for (let row = 0; row < rows; row += 1) {
      check(block, row * rowBytes, first + row);
      copyFloats(block, row * rowBytes + 4, vectors, row * dim, dim);
    }
    if (rows > 0) yield { dim, first, ids: null, vectors, total };
    first += rows;
    const has = block.length % rowBytes;
    if (has > 0) {
      if (has >= 4) check(block, rows * rowBytes, first);
      throw new VectorFileError(path, first, 'truncated', `it ends after ${has} of ${rowBytes} bytes`);
    }
    block = await source.take(CHUNK_ROWS * rowBytes);
  }
}

/** Little-endian float32 from anywhere in a buffer. */
export function copyFloats(
  from: Buffer, offset: number, into: Float32Array, at: number, count: number,
): void {
  const bytes = new Uint8Array(into.buffer, into.byteOffset + at * 4, count * 4);
  bytes.set(from.subarray(offset, offset + count * 4));
  if (BIG_ENDIAN) Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).swap32();
}

const BIG_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;
