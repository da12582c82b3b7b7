import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * A file of the real data sets, which are not part of the repository: of the folder that
 * `VITRINE_TEST_DATA` names, else of `../shared/data`. `skip` is for `test`'s options: false when
 * the file is there, else why the test is skipped.
 */
export function realData(name: string): { readonly path: string; readonly skip: string | false } {
  const folder = process.env.VITRINE_TEST_DATA || join(root, '../shared/data');
  const path = join(folder, name);
  return { path, skip: existsSync(path) ? false : `no data at ${path}` };
}
