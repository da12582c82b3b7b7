/** What may be written over by an index, decided before any work is done. */
import { accessSync, constants, statSync, type Stats } from 'node:fs';
import { dirname } from 'node:path';
import { ServeError } from '../core/errors.ts';
import { isIndex } from './index-head.ts';

/**
 * Fails where an index cannot or should not be saved as `to`: no folder, nothing that may be written,
 * the vectors themselves, or something that is no index, unless it is a file and `force` is given.
 */
export function checkTarget(to: string, vectors: string, force: boolean): void {
  const refuse = (why: string) => new ServeError('bad_argument', `${to} ${why}`);
  const folder = statOf(dirname(to));
  if (!folder?.isDirectory()) throw refuse(`cannot be written: there is no folder ${dirname(to)}`);
  try {
    accessSync(dirname(to), constants.W_OK | constants.X_OK);
  } catch {
    throw refuse(`cannot be written: the folder ${dirname(to)} does not permit it`);
  }
  const there = statOf(to); // of a link, what it leads to
  if (!there) return;
  const from = statOf(vectors);
  if (from && from.dev === there.dev && from.ino === there.ino) {
    throw refuse('is the file of vectors itself: it would be lost');
  }
  if (there.isDirectory()) throw refuse('is a folder');
  if (!there.isFile()) throw refuse('is no regular file');
  if (force || there.size === 0 || isIndex(to)) return;
  throw refuse('is there, and is no index of Vitrine: --force writes over it');
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined; // what else is wrong, reading or writing it will say
  }
}
