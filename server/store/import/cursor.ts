import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { ServeError } from '../../core/errors.ts';
import type { Store } from '../store.ts';

/** How far an import of one file has got: committed with the events before it. */
export interface Cursor {
  readonly file: string; // which file it was: its size, time and first bytes
  readonly how: string; // with which options it was read
  readonly offset: number; // bytes, unpacked; rows of a Parquet file
  readonly line: number; // lines before it, the header among them
}

const HEAD_BYTES = 65_536;

/** The name of the note that has a file's cursor; none is there when the import has ended. */
export function cursorNote(path: string): string {
  return `import cursor ${createHash('sha256').update(resolve(path)).digest('hex').slice(0, 16)}`;
}

/** What tells a file from another one, or from what it was before somebody changed it. */
export function fileMark(path: string): string {
  const head = Buffer.alloc(HEAD_BYTES);
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    throw new ServeError('bad_argument', `there is no file '${path}'`);
  }
  try {
    const length = readSync(file, head, 0, HEAD_BYTES, 0);
    const { size, mtimeMs } = statSync(path);
    const digest = createHash('sha256').update(head.subarray(0, length)).digest('hex').slice(0, 16);
    return `${size} ${mtimeMs} ${digest}`;
  } catch (error) {
    throw new ServeError('bad_argument', `${path}: ${(error as Error).message}`, { cause: error });
  } finally {
    closeSync(file);
  }
}

/** Where an import that broke off is taken up; null where there was none, or the file is another now. */
export function readCursor(store: Store, path: string, file: string, how: string): Cursor | null {
  const cursor = store.note(cursorNote(path)) as Cursor | undefined;
  return cursor?.file === file && cursor.how === how ? cursor : null;
}
