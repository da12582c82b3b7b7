import {
  accessSync, closeSync, constants, existsSync, openSync, readSync, statfsSync, statSync,
} from 'node:fs';
import { join } from 'node:path';

const MAGIC = 0xbeef_c0de; // LMDB's, in its first page
const MAGIC_AT = 24;
const BYTES_MIN = 8192; // the two pages that every LMDB file begins with
const FREE_BYTES_MIN = 1_048_576; // to open it at all; an empty store takes 0.1 MB

/**
 * Throws unless LMDB can be trusted with the folder. Its binding ends the process, with no message,
 * when a file cannot be opened or made, or is no LMDB file; so these are looked at first.
 */
export function assertUsable(folder: string): void {
  accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  for (const name of ['data.mdb', 'lock.mdb']) {
    const path = join(folder, name);
    if (existsSync(path)) accessSync(path, constants.R_OK | constants.W_OK);
  }
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < FREE_BYTES_MIN) throw new Error('the disk is full');
  const data = join(folder, 'data.mdb');
  if (!existsSync(data) || statSync(data).size === 0) return; // a store to be made
  if (statSync(data).size < BYTES_MIN) throw new Error(`${data} is cut short`);
  if (magicOf(data) !== MAGIC) throw new Error(`${data} is not a file of this store`);
}

function magicOf(path: string): number {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(MAGIC_AT + 4);
    readSync(file, head, 0, head.length, 0);
    return head.readUInt32LE(MAGIC_AT);
  } finally {
    closeSync(file);
  }
}
