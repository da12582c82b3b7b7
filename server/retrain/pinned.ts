import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServeError } from '../core/errors.ts';
import { writeWhole } from '../core/whole-file.ts';

/** Numbers of the versions that a model's folder holds, ascending. */
export function versionsOf(repository: string, model: string): number[] {
  const folder = join(repository, model);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).filter((name) => /^[1-9]\d*$/.test(name)).map(Number)
    .sort((a, b) => a - b);
}

/**
 * Says in the model's `config.json` which versions are served, and how requests are shared between
 * two; the rest of the file stays. A version that is not named is not served after a restart either.
 */
export function pinVersions(
  repository: string, model: string, versions: readonly number[], rollout?: object,
): void {
  const path = join(repository, model, 'config.json');
  const { rollout: _, ...config } = readConfig(path);
  writeWhole(path, `${JSON.stringify({
    ...config,
    version_policy: { specific: { versions } },
    ...(rollout && { rollout }),
  }, null, 2)}\n`);
}

function readConfig(path: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
  } catch (cause) {
    throw new ServeError('backend', `${path}: ${(cause as Error).message}`, { cause });
  }
}
