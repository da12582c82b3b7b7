import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { damageOf } from './page-check.ts';

const FREE_BYTES_MIN = 1_048_576; // to open it at all; an empty store takes 0.1 MB

/**
 * Throws unless LMDB can be trusted with the folder. Its binding ends the process, with no message,
 * when a file cannot be opened or made, is no LMDB file, was cut, or has damaged pages; so these are
 * looked at first.
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
  const damage = damageOf(data);
  if (damage === null) return;
  throw new Error(`${data} ${damage}: bring back a copy, or move it away and import again`);
}
