import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.ts';

const SHIPPED = join(dirname(fileURLToPath(import.meta.url)), '../../../models/repository');

/** The repository that is named, the one `vitrine train` wrote, or the one that is shipped. */
export function chosenRepository(
  { modelDir, dataDir }: Pick<Config, 'modelDir' | 'dataDir'>,
): string {
  if (modelDir !== '') return modelDir;
  const trained = join(dataDir, 'models');
  return existsSync(trained) ? trained : SHIPPED;
}
