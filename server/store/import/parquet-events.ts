import { ServeError } from '../../core/errors.ts';
import type { Store } from '../store.ts';
import { columnFields, mappingText } from './column-map.ts';
import type { ColumnMap } from './column-map.ts';
import { PackedImport } from './packed-import.ts';
import { ParquetFile } from './parquet.ts';
import { RowEvent } from './row-event.ts';
import type { RowField } from './row-event.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

const ROW_BYTES_MAX = 1 << 18; // texts of one row

/** Reads events from Parquet: one a row, columns as in `RowEvent`; a list column may hold the items. */
export async function importParquetEvents(
  store: Store, path: string, options: ImportOptions, map: ColumnMap,
): Promise<ImportSummary> {
  const file = await ParquetFile.open(path);
  const run = new PackedImport(store, path, options, `parquet ${mappingText(map)}`);
  const { packed, found } = run;
  const row = new RowEvent(found, map, options.currencies);
  const texts = new RowTexts();
  const columns = columnFields(file.names, map, path)
    .map((field, i) => ({ field, name: file.names[i] as string }))
    .filter((column): column is { field: RowField; name: string } => column.field !== null)
    .map((column) => ({ ...column, time: file.isTime(column.name) }));

  for await (const { row: first, rows, values } of file.groups(columns.map(({ name }) => name), run.start.offset)) {
    let i = 0;
    const readRow = (): void => {
      row.begin(first + i + 1);
      texts.clear();
      for (let column = 0; column < columns.length; column += 1) {
        const { field, name, time } = columns[column]!;
        const value = values[column]![i];
        if (value === null || value === undefined) continue;
        if (value instanceof Uint8Array) texts.give(row, field, name, value);
        else if (time && typeof value === 'number') row.time(name, value);
        else giveOther(row, texts, field, name, value);
      }
      row.end();
      packed.pack(texts.bytes, found);
    };
    for (; i < rows; i += 1) {
      const ended = run.row(readRow);
      if (ended) await ended;
      if (run.full) await run.commit(first + i + 1, first + i + 1);
    }
    run.tell(first + rows, file.rows);
  }
  return run.finish();
}

/** A value that is no text: a number, a flag, a time, a list of items. */
function giveOther(row: RowEvent, texts: RowTexts, field: RowField, name: string, value: unknown): void {
  if (Array.isArray(value)) {
    if (field !== 'items') throw new ServeError('bad_argument', `${name}: a list, of which only items are one`);
    for (const item of value) {
      if (item instanceof Uint8Array) texts.give(row, 'item', name, item);
      else texts.give(row, 'item', name, Buffer.from(String(item)));
    }
    return;
  }
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && (field === 'quantity' || field === 'price' || field === 'discount')) {
    return row.number(field, name, number);
  }
  if (value instanceof Date) return row.time(name, value.getTime());
  texts.give(row, field, name, Buffer.from(String(value)));
}

/** The texts of one row in one buffer, as packing wants them. */
class RowTexts {
  readonly bytes = Buffer.allocUnsafeSlow(ROW_BYTES_MAX);
  #at = 0;

  clear(): void {
    this.#at = 0;
  }

  give(row: RowEvent, field: RowField, name: string, value: Uint8Array): void {
    const from = this.#at;
    const to = from + value.length;
    if (to > ROW_BYTES_MAX) throw new ServeError('bad_argument', `${name}: a row of more than ${ROW_BYTES_MAX} bytes`);
    const { bytes } = this;
    for (let i = 0; i < value.length; i += 1) bytes[from + i] = value[i] as number;
    this.#at = to;
    row.text(field, name, bytes, from, to);
  }
}
