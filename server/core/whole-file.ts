import {
  closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync, writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

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
    putInPlace(part, path);
  } catch (cause) {
    rmSync(part, { force: true });
    throw cause;
  }
}

/** The same of a file or folder that is written already: after a crash it is there in full or not. */
export function putInPlace(part: string, path: string): void {
  sync(part);
  renameSync(part, path);
  syncOne(dirname(path));
}

function sync(path: string): void {
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) sync(join(path, name));
  syncOne(path);
}

function syncOne(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
