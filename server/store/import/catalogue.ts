import { ID_RULE, isId } from '../../wire/fields.ts';
import type { Item, Store } from '../store.ts';
import { readCsv } from './csv.ts';
import { Fields } from './fields.ts';
import { readJsonLines } from './lines.ts';
import { Tally } from './summary.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

const BATCH_ITEMS = 1000;

/**
 * Reads a shop's own items: `.csv` (categories separated by `|`) or `.jsonl` (a list of them), with
 * the fields `id`, `title`, `categories`, `price`, `in_stock`, `picture`; all but `id` may be
 * absent. An item that is there is replaced.
 */
export async function importCatalogue(
  store: Store,
  path: string,
  options: ImportOptions,
): Promise<ImportSummary> {
  const tally = new Tally(options);
  const csv = /\.csv(\.gz)?$/.test(path);
  let batch: Item[] = [];
  const flush = async (): Promise<void> => {
    await store.putItems(batch);
    tally.items += batch.length;
    batch = [];
  };

  for await (const row of csv ? readCsv(path) : readJsonFields(path)) {
    tally.row(() => batch.push(readItem(row(), csv)));
    if (batch.length >= BATCH_ITEMS) await flush();
  }
  await flush();
  return tally.summary;
}

async function* readJsonFields(path: string): AsyncIterable<() => Fields> {
  for await (const row of readJsonLines(path)) {
    yield () => {
      const { line, value } = row();
      return new Fields(line, value);
    };
  }
}

function readItem(fields: Fields, csv: boolean): Item {
  const id = fields.id('id');
  const item: Item = {
    id,
    title: fields.has('title') ? fields.text('title') : id,
    categories: fields.has('categories') ? readCategories(fields, csv) : [],
    inStock: fields.has('in_stock') ? fields.bool('in_stock') : true,
    ...(fields.has('price') && { price: fields.atLeast('price', 0) }),
    ...(fields.has('picture') && { picture: fields.text('picture') }),
  };
  fields.assertAllKnown();
  return item;
}

function readCategories(fields: Fields, csv: boolean): string[] {
  const names = csv ? fields.text('categories').split('|') : fields.list('categories');
  return names.map((name) => {
    const category = typeof name === 'string' ? name.trim() : '';
    return isId(category) ? category : fields.fail('categories', `each category as ${ID_RULE}`);
  });
}
