import { cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { putInPlace } from '../../server/core/whole-file.ts';

/** The models that come with the product: `models/repository`, seen from `dist/models/recipes`. */
export const SHIPPED = fileURLToPath(new URL('../../../models/repository', import.meta.url));

/** Whether a model of this name comes with the product: the server asks it what it is made for. */
export function isShipped(name: string): boolean {
  return existsSync(join(SHIPPED, name));
}

/**
 * The models of a data folder, `DIR/models`, to write one more into. A server takes these instead of
 * the shipped ones, so a new folder begins with those: one model more takes no answer away.
 */
export function ownRepository(dataDir: string): string {
  const repository = join(dataDir, 'models');
  if (existsSync(repository)) return repository;
  const part = `${repository}.part-${process.pid}`;
  mkdirSync(dirname(repository), { recursive: true });
  try {
    cpSync(SHIPPED, part, { recursive: true });
    putInPlace(part, repository);
  } catch (cause) {
    rmSync(part, { recursive: true, force: true });
    throw cause;
  }
  return repository;
}
