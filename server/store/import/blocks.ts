import { createReadStream, statSync } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ServeError } from '../../core/errors.ts';
import { fileError } from './lines.ts';

const BLOCK_BYTES = 1 << 20;
const LINE_BYTES_MAX = 64 * 1024 * 1024;
const LF = 10;

/** Whole lines of a file, the last with or without its end. */
export interface Block {
  readonly bytes: Buffer;
  readonly offset: number; // of its first byte, unpacked
  readonly fileBytes: number; // of the file, as it lies there, that were read so far
}

/**
 * A file in blocks of whole lines, unpacked where its name ends in `.gz`, from the byte `offset` on,
 * which is to begin a line. Fails with `bad_argument` where a line does not end.
 */
export async function* readBlocks(path: string, offset = 0): AsyncIterable<Block> {
  const packed = path.endsWith('.gz');
  const file = createReadStream(path, { highWaterMark: BLOCK_BYTES, start: packed ? 0 : offset });
  // The reader of the unpacked bytes sees the error; the callback only keeps it from being thrown.
  const input = packed ? pipeline(file, createGunzip({ chunkSize: 1 << 18 }), () => {}) : file;
  let rest: Buffer = Buffer.alloc(0);
  let at = packed ? 0 : offset; // of the rest
  try {
    for await (const chunk of input as AsyncIterable<Buffer>) {
      let fresh = chunk;
      if (at + rest.length < offset) { // a packed file cannot be entered in its middle
        const skipped = Math.min(offset - at, fresh.length);
        at += skipped;
        fresh = fresh.subarray(skipped);
        if (fresh.length === 0) continue;
      }
      const bytes = rest.length === 0 ? fresh : Buffer.concat([rest, fresh]);
      const end = bytes.lastIndexOf(LF) + 1;
      rest = bytes.subarray(end);
      if (rest.length > LINE_BYTES_MAX) {
        throw new ServeError('bad_argument', `a line is longer than ${LINE_BYTES_MAX} bytes`);
      }
      if (end === 0) continue;
      const fileBytes = file.bytesRead + (packed ? 0 : offset);
      yield { bytes: bytes.subarray(0, end), offset: at, fileBytes };
      at += end;
    }
  } catch (error) {
    throw fileError(path, error);
  } finally {
    input.destroy();
    file.destroy();
  }
  if (rest.length > 0) yield { bytes: rest, offset: at, fileBytes: fileSize(path) };
}

/** Bytes of the file as it lies there. Fails with `bad_argument` where there is none. */
export function fileSize(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    throw new ServeError('bad_argument', `there is no file '${path}'`);
  }
}
