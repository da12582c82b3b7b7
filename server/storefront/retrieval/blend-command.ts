import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '../../config.ts';
import { ServeError } from '../../core/errors.ts';
import { LmdbStore } from '../../store/lmdb-store.ts';
import { chooseBlend } from './tune/choose-blend.ts';

export const usage = [
  'vitrine blend [--data DIR] [--models DIR]',
  '  chooses how recommendations are blended, on the newest 5 % of the sessions in the store, and at',
  '  each placement, on what customers, orders and sessions did in its newest 5 %,',
  '  and writes recommend.json; `vitrine train` does the same at its end',
  '  --data DIR     holds the store',
  '  --models DIR   the model repository, which must be there (DATA/models)',
].join('\n');

/** Chooses the blend's settings for a store's own sessions. */
export async function run(args: string[]): Promise<number> {
  const config = readConfig(process.env);
  let values: { data?: string; models?: string };
  try {
    values = parseArgs({
      args,
      options: { data: { type: 'string' }, models: { type: 'string' } },
    }).values;
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return 2;
  }
  const dataDir = values.data ?? config.dataDir;
  const repository = values.models ?? join(dataDir, 'models');
  for (const [folder, fix] of [
    [join(dataDir, 'store'), 'import something first'],
    // Not made here: a repository of nothing but settings would hide the shipped models.
    [repository, 'run `vitrine train` first, or name a repository'],
  ] as const) {
    if (existsSync(folder)) continue;
    console.error(`there is no '${folder}': ${fix}`);
    return 1;
  }
  let store: LmdbStore | null = null;
  try {
    store = LmdbStore.open(join(dataDir, 'store'));
    await chooseBlend(store, repository, (line) => console.log(line), config.sessionMinutesMax);
    return 0;
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    console.error(error.message);
    return 1;
  } finally {
    await store?.close();
  }
}
