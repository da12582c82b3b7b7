/** The ids that rows of an index had in the file it was built from, beside the index: `INDEX.ids`. */
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { ServeError } from '../core/errors.ts';
import { readHead } from './index-head.ts';
import type { VectorId } from './vector-rows.ts';

/**
 * The first line, `{"of": CHECKSUM}`, says which index; row n's id, as JSON, is line n + 2. Null ids
 * are the rows' own numbers: there is no file then.
 */
export function writeNames(index: string, ids: readonly VectorId[] | null): void {
  const path = namesPath(index);
  if (!ids) {
    rmSync(path, { force: true }); // of an index that was here before
    return;
  }
  const lines = [{ of: readHead(index).checksum }, ...ids].map((line) => JSON.stringify(line) + '\n');
  writeFileSync(`${path}.part`, lines.join(''));
  renameSync(`${path}.part`, path);
}

/** Null where rows are their own ids. Fails where the file is another index's, or damaged. */
export function readNames(index: string, size: number): VectorId[] | null {
  const path = namesPath(index);
  if (!existsSync(path)) return null;
  const fail = (why: string) => new ServeError('bad_argument', `${path}: ${why}`);
  const [head = '', ...lines] = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  const ids = lines.map((line, row) => {
    const id = parsed(line);
    if (typeof id !== 'string' && typeof id !== 'number') throw fail(`row ${row} (from 0) is no id`);
    return id;
  });
  const { of } = (parsed(head) ?? {}) as { of?: unknown };
  if (of !== readHead(index).checksum) throw fail('it belongs to another index');
  if (ids.length !== size) throw fail(`it names ${ids.length} vectors, the index holds ${size}`);
  return ids;
}

function namesPath(index: string): string {
  return `${index}.ids`;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
