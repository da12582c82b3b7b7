import { isUtf8 } from 'node:buffer';
import { keyText } from '../ann/key-note.ts';
import type { ByteSource } from './byte-source.ts';
import { CHUNK_ROWS, DIM_MAX, VectorFileError, type VectorChunk, type VectorId } from './vector-rows.ts';

const ID_MAX = 2n ** 64n - 1n;
const LONG_ID = /(?<!\\)"id"\s*:\s*(\d{16,20})(?=\s*[,}])/g;
const LINE_BYTES_MAX = 1 << 20; // 4,096 numbers of 25 digits are a tenth of it

/**
 * JSON lines: `{"id": text or whole number of 0..2^64-1, "vector": [numbers]}`, in UTF-8. All lines have
 * an id, or none has: then the row's number is it. Empty lines are passed over.
 */
export async function* readJsonl(source: ByteSource, path: string): AsyncGenerator<VectorChunk> {
  const rowOfId = new Map<VectorId, number>();
  let dim = 0;
  let row = 0;
  let ids: VectorId[] = [];
  let numbers: number[] = [];
  const chunk = (): VectorChunk => {
    const vectors = Float32Array.from(numbers);
    const named = rowOfId.size > 0;
    return { dim, first: row - vectors.length / dim, ids: named ? ids : null, vectors, total: null };
  };
  for (;;) {
    const line = await source.line(LINE_BYTES_MAX);
    if (line === null) break;
    if (!isUtf8(line)) throw new VectorFileError(path, row, 'format', 'its bytes are not UTF-8');
    const text = line.toString('utf8').trim();
    if (text === '') continue;
    if (line.length === LINE_BYTES_MAX) {
      throw new VectorFileError(path, row, 'format', `the line is longer than ${LINE_BYTES_MAX} bytes`);
    }
    const { id, vector } = parse(path, row, text);
    dim ||= vector.length;
    if (vector.length !== dim) {
      const detail = `its dimension is ${vector.length}, the first row's ${dim}`;
      throw new VectorFileError(path, row, 'dimension', detail);
    }
    if ((id === undefined) !== (rowOfId.size === 0) && row > 0) {
      throw new VectorFileError(path, row, 'format', 'either all rows have an id or none has');
    }
    if (id !== undefined) {
      const before = rowOfId.get(id);
      if (before !== undefined) {
        throw new VectorFileError(path, row, 'duplicate', `id ${keyText(id)} is row ${before}'s as well`);
      }
      rowOfId.set(id, row);
      ids.push(id);
    }
    for (const value of vector) numbers.push(value);
    row += 1;
    if (numbers.length === CHUNK_ROWS * dim) {
      yield chunk();
      ids = [];
      numbers = [];
    }
  }
  if (numbers.length > 0) yield chunk();
}

function parse(path: string, row: number, text: string): { id: VectorId | undefined; vector: number[] } {
  let value: { id?: unknown; vector?: unknown } | null;
  try {
    value = JSON.parse(text) as typeof value;
  } catch (cause) {
    throw new VectorFileError(path, row, 'format', `it is no JSON: ${text.slice(0, 60)}`, { cause });
  }
  const { id, vector } = value ?? {};
  if (!Array.isArray(vector)) throw new VectorFileError(path, row, 'format', 'it has no "vector" list');
  if (vector.length < 1 || vector.length > DIM_MAX) {
    throw new VectorFileError(path, row, 'dimension', `its dimension is ${vector.length}, not 1..${DIM_MAX}`);
  }
  const at = vector.findIndex((number) => typeof number !== 'number');
  if (at >= 0) {
    const detail = `place ${at} holds ${JSON.stringify(vector[at])}`;
    throw new VectorFileError(path, row, 'not a number', detail);
  }
  return { id: id === undefined ? id : idOf(path, row, text, id), vector: vector as number[] };
}

function idOf(path: string, row: number, text: string, id: unknown): VectorId {
  if (typeof id === 'string') return id;
  const number = typeof id === 'number' ? wholeNumber(text, id) : undefined;
  if (number !== undefined && number >= 0n && number <= ID_MAX) return number;
  const detail = `its id ${JSON.stringify(id)} is no text and no whole number of 0..2^64-1 in digits`;
  throw new VectorFileError(path, row, 'format', detail);
}

/** A number that a double cannot hold is read again as text: all its digits count. */
function wholeNumber(text: string, id: number): bigint | undefined {
  if (Number.isSafeInteger(id)) return BigInt(id);
  const { id: digits } = JSON.parse(text.replace(LONG_ID, '"id":"$1"')) as { id: unknown };
  return typeof digits === 'string' ? BigInt(digits) : undefined;
}
