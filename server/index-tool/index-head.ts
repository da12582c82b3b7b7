import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { FileFailure } from './arguments.ts';

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
  const head = headBytes(path);
  if (!head) throw new FileFailure(`${path} is no vector index`);
  const checksum = head.readBigUInt64LE(CHECKSUM_AT).toString(16).padStart(16, '0');
  return { version: head.readUInt32LE(VERSION_AT), checksum };
}

/** Whether a file begins as an index does. */
export function isIndex(path: string): boolean {
  return headBytes(path) !== null;
}

function headBytes(path: string): Buffer | null {
  const head = Buffer.alloc(BYTES);
  try {
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // a pipe would wait
    try {
      if (!fstatSync(file).isFile()) throw new Error(`${path} is not a regular file`);
      const whole = readSync(file, head) === BYTES;
      return whole && head.toString('latin1', 0, MAGIC.length) === MAGIC ? head : null;
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    throw new FileFailure((cause as Error).message, { cause });
  }
}
