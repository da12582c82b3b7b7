import { closeSync, openSync, readSync } from 'node:fs';
import { ServeError } from '../core/errors.ts';

/** What the first 128 bytes of an index file say that the open index does not. */
export interface IndexHead {
  readonly version: number; // of the format
  readonly checksum: string; // of the content, sixteen hexadecimal digits
}

const BYTES = 128;
const MAGIC = 'VITRVEC\n';
const VERSION_AT = 8;
const CHECKSUM_AT = 64;

/** Reads, and checks no more than the magic: opening the index checks the rest. */
export function readHead(path: string): IndexHead {
  const head = Buffer.alloc(BYTES);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw new ServeError('bad_argument', (cause as Error).message, { cause });
  }
  const read = readSync(file, head);
  closeSync(file);
  if (read < BYTES || head.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    throw new ServeError('bad_argument', `${path} is no vector index`);
  }
  const checksum = head.readBigUInt64LE(CHECKSUM_AT).toString(16).padStart(16, '0');
  return { version: head.readUInt32LE(VERSION_AT), checksum };
}
