import { createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Named arrays of numbers. */
export type Columns = Readonly<Record<string, Column>>;
export type Column = Uint8Array | Uint32Array | Float32Array | Float64Array;

/** What a file holds: anything that JSON can say, and columns. */
export interface Snapshot {
  readonly head: Readonly<Record<string, unknown>>;
  readonly columns: Columns;
}

/** Raised when a build writes what an older one would misread, or the reverse. */
export const SNAPSHOT_VERSION = 1;

const MAGIC = 'VITRSHOP';
const START_BYTES = 64; // magic; u32 version, u32 bytes of the head; SHA-256 of all else; zeros
const SUMMED_BYTES = 16; // of the start
const ALIGNED_BYTES = 8; // where columns begin, so that they are used where they lie
const KINDS = { u8: Uint8Array, u32: Uint32Array, f32: Float32Array, f64: Float64Array };

/**
 * Writes beside the path, syncs, renames: whenever the process ends, the file is the one before or this
 * one. The columns must be left alone until it resolves.
 */
export async function writeSnapshot(path: string, { head, columns }: Snapshot): Promise<number> {
  const part = `${path}.part`;
  const pieces = piecesOf(head, columns);
  const start = Buffer.alloc(START_BYTES);
  start.write(MAGIC, 'latin1');
  start.writeUInt32LE(SNAPSHOT_VERSION, 8);
  start.writeUInt32LE((pieces[0] as Uint8Array).length, 12);
  const sum = createHash('sha256').update(start.subarray(0, SUMMED_BYTES));
  for (const piece of pieces) sum.update(piece);
  sum.digest().copy(start, SUMMED_BYTES);
  let bytes = 0;
  try {
    const file = await open(part, 'w');
    try {
      for (const piece of [start, ...pieces]) {
        await file.writeFile(piece); // after what was written before
        bytes += piece.length;
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
  return bytes;
}

/** Null where there is no file; otherwise what it holds, or in words why that is of no use. */
export async function readSnapshot(path: string): Promise<Snapshot | string | null> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? null : message;
  }
  if (bytes.length < START_BYTES) return 'it is cut off';
  if (bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) return 'it is no snapshot';
  const version = bytes.readUInt32LE(8);
  if (version !== SNAPSHOT_VERSION) return `it has version ${version}, not ${SNAPSHOT_VERSION}`;
  const payload = bytes.subarray(START_BYTES);
  const sum = createHash('sha256').update(bytes.subarray(0, SUMMED_BYTES)).update(payload).digest();
  if (!sum.equals(bytes.subarray(SUMMED_BYTES, SUMMED_BYTES + sum.length))) return 'its checksum is wrong';
  const text = payload.toString('utf8', 0, bytes.readUInt32LE(12));
  const { head, layout } = JSON.parse(text) as { head: Snapshot['head']; layout: Layout };
  const columns: Record<string, Column> = {};
  let at = aligned(Buffer.byteLength(text));
  for (const [name, kind, length] of layout) {
    const Kind = KINDS[kind];
    const from = payload.byteOffset + at;
    const whole = from % Kind.BYTES_PER_ELEMENT === 0;
    const data = whole ? payload.buffer : payload.buffer.slice(from, from + length * Kind.BYTES_PER_ELEMENT);
    columns[name] = new Kind(data as ArrayBuffer, whole ? from : 0, length);
    at += aligned(length * Kind.BYTES_PER_ELEMENT);
  }
  return { head, columns };
}

type Layout = readonly (readonly [name: string, kind: keyof typeof KINDS, length: number])[];

/** The head first, padded; then the columns, each padded. */
function piecesOf(head: Snapshot['head'], columns: Columns): Uint8Array[] {
  const layout = Object.entries(columns).map(([name, column]) => [name, kindOf(column), column.length]);
  const text = JSON.stringify({ head, layout });
  const padded = text.padEnd(text.length + aligned(Buffer.byteLength(text)) - Buffer.byteLength(text));
  const pieces: Uint8Array[] = [Buffer.from(padded)];
  for (const { buffer, byteOffset, byteLength } of Object.values(columns)) {
    pieces.push(new Uint8Array(buffer, byteOffset, byteLength));
    pieces.push(new Uint8Array(aligned(byteLength) - byteLength));
  }
  return pieces;
}

function kindOf(column: Column): string {
  const found = Object.entries(KINDS).find(([, Kind]) => column instanceof Kind);
  return (found as [string, unknown])[0];
}

function aligned(bytes: number): number {
  return Math.ceil(bytes / ALIGNED_BYTES) * ALIGNED_BYTES;
}
