import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { modelNames } from './repository.ts';

/** How deep below a model's folder files count: versions, and folders inside them. */
const DEPTH_MAX = 3;

/** What lies in each model's folder, by name: equal while nobody has touched a file there. */
export type Fingerprints = ReadonlyMap<string, string>;

/** Of names, sizes and times of change. Fails with `bad_argument` as `modelNames` does. */
export async function fingerprints(repository: string): Promise<Fingerprints> {
  const names = await modelNames(repository);
  const prints = await Promise.all(names.map((name) => printOf(join(repository, name), DEPTH_MAX)));
  return new Map(names.map((name, at) => [name, prints[at] as string]));
}

/** Files that vanish between listing and looking are as if they had not been there. */
async function printOf(
  folder: string, depth: number, changed: (ms: number) => void = () => {},
): Promise<string> {
  const entries = await readdir(folder).catch(() => []);
  const parts = await Promise.all(entries.sort().map(async (name) => {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null); // of what a link names
    if (!found) return '';
    if (found.isDirectory()) {
      return depth > 0 ? `${name}/(${await printOf(path, depth - 1, changed)})` : '';
    }
    // Who copies weights over weights may keep size and mtime (builds date all alike), never ctime.
    changed(found.ctimeMs);
    return `${name}:${found.size}:${found.mtimeMs}:${found.ctimeMs}:${found.ino}`;
  }));
  return parts.join('|');
}

/** A file changed so lately may change again without its time telling. */
const SETTLED_MS = 2000;

/**
 * What lies in the folder of one version; '' where there is none, or where a file was changed in
 * the last moments: a second change may then look like none.
 */
export async function versionPrint(folder: string, nowMs: number): Promise<string> {
  let newestMs = 0;
  const print = await printOf(folder, DEPTH_MAX - 1, (ms) => (newestMs = Math.max(newestMs, ms)));
  return newestMs < nowMs - SETTLED_MS ? print : '';
}

export interface Changes {
  readonly load: readonly string[];
  readonly unload: readonly string[];
}

/** What there is to do about the difference, in order of names. */
export function changesBetween(before: Fingerprints, now: Fingerprints): Changes {
  return {
    load: [...now].filter(([name, print]) => before.get(name) !== print).map(([name]) => name),
    unload: [...before.keys()].filter((name) => !now.has(name)).sort(),
  };
}
