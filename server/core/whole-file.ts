import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Writes a small file so that whoever reads it, after a crash too, finds the former text or this one
 * in full: beside the path, synced, renamed, and the name synced. Throws what the file system does;
 * then the former file is as it was.
 */
export function writeWhole(path: string, data: string | Uint8Array): void {
  const part = `${path}.part-${process.pid}`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(part, data);
    sync(part);
    renameSync(part, path);
  } catch (cause) {
    rmSync(part, { force: true });
    throw cause;
  }
  sync(dirname(path));
}

function sync(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
