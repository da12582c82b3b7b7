import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ServeError } from '../core/errors.ts';
import { fileTrouble } from '../core/file-trouble.ts';
import type { ModelOverride } from './directory.ts';

/** What a model is called that is not in the repository: a folder's name, and nothing above it. */
const NAME = /^[\w-][\w.-]{0,127}$/;
/** `1/model.onnx`, `warmup/x`, or a file beside the versions such as `labels.txt`. */
const PATH = /^(?:(?:[1-9]\d{0,14}|warmup)\/)?[\w-][\w.-]{0,254}$/;

/**
 * Writes a model's files into a repository folder of their own, which it returns: the caller
 * removes it with `removeOverride` when the model is served no longer. Fails with `bad_argument`
 * where a file would lie outside the model's folder, and with `storage` where there is no room.
 */
export async function writeOverride(name: string, { files }: ModelOverride): Promise<string> {
  if (!NAME.test(name)) throw new ServeError('bad_argument', `'${name}' cannot be a model's name`);
  const wrong = [...files.keys()].find((path) => !PATH.test(path));
  if (wrong !== undefined) {
    throw new ServeError('bad_argument', `file:${wrong.slice(0, 200)} must be file:VERSION/NAME`);
  }
  const code = [...files.keys()].find((path) => /\.[cm]?[jt]s$/.test(path));
  if (code !== undefined) {
    throw new ServeError('bad_argument',
      `file:${code} is code: that is taken from the repository's folder alone`);
  }
  let repository = '';
  try {
    repository = await mkdtemp(join(tmpdir(), 'vitrine-model-'));
    for (const [path, bytes] of files) {
      const file = join(repository, name, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, bytes);
    }
  } catch (cause) {
    if (repository !== '') await removeOverride(repository);
    const why = fileTrouble(cause) ?? (cause as Error).message;
    throw new ServeError('storage', why, { cause });
  }
  return repository;
}

export function removeOverride(repository: string): Promise<void> {
  return rm(repository, { recursive: true, force: true });
}
