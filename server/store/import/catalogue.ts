import { attributesOf } from '../../wire/decode-attributes.ts';
import { ID_RULE, isId } from '../../wire/fields.ts';
import type { Attributes } from '../../wire/schema.ts';
import type { Item, Store } from '../store.ts';
import { readCsv } from './csv.ts';
import { Fields } from './fields.ts';
import { readJsonLines } from './lines.ts';
import { Tally } from './summary.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

const BATCH_ITEMS = 1000;

/**
 * Reads a shop's own items: `.csv` (categories separated by `|`) or `.jsonl` (a list of them), with
 * the fields `id`, `title`, `categories`, `price`, `in_stock`, `picture`, `attributes`; all but `id`
 * may be absent. An item that is there is replaced.
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
    ...readAttributes(fields, csv),
  };
  fields.assertAllKnown();
  return item;
}

/** A map of them; in CSV a column each, `attributes.brand`, where `|` parts the texts of a list. */
function readAttributes(fields: Fields, csv: boolean): { attributes?: Attributes } {
  const where = { parent: null, key: `line ${fields.line}` };
  if (!csv) {
    if (!fields.has('attributes')) return {};
    return { attributes: attributesOf(fields.map('attributes'), { parent: where, key: 'attributes' }) };
  }
  const columns = fields.names().filter((name) => name.startsWith(ATTRIBUTE_COLUMN) && fields.has(name));
  if (columns.length === 0) return {};
  const named = columns.map((name) => [name.slice(ATTRIBUTE_COLUMN.length), csvValue(fields.text(name))]);
  return { attributes: attributesOf(Object.fromEntries(named), { parent: where, key: 'attributes' }) };
}

const ATTRIBUTE_COLUMN = 'attributes.';

/** What is written as a number, as `true` or as `false` is one; `|` makes a list. */
function csvValue(text: string): unknown {
  if (text.includes('|')) return text.split('|').map((one) => one.trim());
  if (text === 'true' || text === 'false') return text === 'true';
  return text.trim() !== '' && /^[+-]?(\d|\.\d)/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}

function readCategories(fields: Fields, csv: boolean): string[] {
  const names = csv ? fields.text('categories').split('|') : fields.list('categories');
  return names.map((name) => {
    const category = typeof name === 'string' ? name.trim() : '';
    return isId(category) ? category : fields.fail('categories', `each category as ${ID_RULE}`);
  });
}
