import { readCsv } from '../../../server/store/import/csv.ts';
import type { SeenVisit } from '../seen.ts';

const KINDS = ['Administrative', 'Informational', 'ProductRelated'] as const;

/** UCI Online Shoppers: of each visit, how many pages of each kind, how long on them, and whether it bought. */
export async function* readShoppers(path: string): AsyncIterable<SeenVisit> {
  for await (const read of readCsv(path)) {
    const row = read();
    const sum = (ending: string): number =>
      KINDS.reduce((total, kind) => total + row.atLeast(kind + ending, 0), 0);
    yield { pages: sum(''), seconds: sum('_Duration'), bought: row.text('Revenue').toUpperCase() === 'TRUE' };
  }
}
