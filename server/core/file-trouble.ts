import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** What a person can mend about files, by the code that the system gives. */
const TROUBLES: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write or read it',
  EPERM: 'this user may not write or read it',
  EROFS: 'it is on a file system that takes no writes',
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
};

/** One line for a failure of the file system that names a path; null for anything else. */
export function fileTrouble(error: unknown): string | null {
  const { code = '', path, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  const trouble = TROUBLES[code];
  if (trouble === undefined || syscall === undefined) return null;
  return path === undefined ? `${trouble} (${syscall})` : `'${path}': ${trouble}`;
}

/**
 * Throws what the file system says if no folder can be made at `path`, or written into where there is
 * one. Makes nothing: for before long work whose result goes there.
 */
export function checkWritable(path: string): void {
  let folder = resolve(path);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  if (!statSync(folder).isDirectory()) {
    throw Object.assign(new Error(`${folder} is no folder`), {
      code: 'ENOTDIR', path: resolve(path), syscall: 'mkdir',
    });
  }
  accessSync(folder, constants.W_OK);
}
