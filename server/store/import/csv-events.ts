import { ServeError } from '../../core/errors.ts';
import type { Store } from '../store.ts';
import { fileSize, readBlocks } from './blocks.ts';
import { columnFields, mappingText } from './column-map.ts';
import type { ColumnMap } from './column-map.ts';
import { CsvRecords } from './csv-records.ts';
import { lineText } from './lines.ts';
import { PackedImport } from './packed-import.ts';
import { RowEvent } from './row-event.ts';
import type { RowField } from './row-event.ts';
import type { ImportOptions, ImportSummary } from './summary.ts';

/**
 * Reads events from CSV: one a row, the first line names the columns. Fields that the row has none of
 * are as in `RowEvent`. Fails with `bad_argument` naming the line where quotes do not close.
 */
export async function importCsvEvents(
  store: Store, path: string, options: ImportOptions, map: ColumnMap,
): Promise<ImportSummary> {
  const all = fileSize(path);
  const run = new PackedImport(store, path, options, `csv ${mappingText(map)}`);
  const { packed, found } = run;
  const row = new RowEvent(found, map, options.currencies);
  const records = new CsvRecords();
  let fields: (RowField | null)[] | null = null;
  let names: string[] = [];
  if (run.start.offset > 0) ({ fields, names } = await readHeader(path, map));
  let { line } = run.start;
  let rest: Buffer = Buffer.alloc(0); // a record that goes on in the next block

  const readRow = (bytes: Buffer, first: number): void => {
    row.begin(first);
    if (records.count > names.length) {
      throw new ServeError('bad_argument', `line ${first}: ${records.count} fields for ${names.length} columns`);
    }
    for (let column = 0; column < records.count; column += 1) {
      const field = fields![column];
      if (field == null) continue;
      row.text(field, names[column]!, bytes, records.from[column]!, records.to[column]!);
    }
    row.end();
    packed.pack(bytes, found);
  };
  const readAll = async (bytes: Buffer, offset: number, last: boolean): Promise<void> => {
    let at = line === 0 && bytes.length >= 3 && bytes.readUIntBE(0, 3) === BOM ? 3 : 0;
    while (at < bytes.length) {
      const next = records.read(bytes, at, bytes.length, line + 1, last);
      if (next < 0) break;
      const first = line + 1;
      line += records.lines;
      at = next;
      if (records.blank) continue;
      if (!fields) ({ fields, names } = headerOf(bytes, records, path, map));
      else {
        const ended = run.row(() => readRow(bytes, first));
        if (ended) await ended;
      }
      if (run.full) await run.commit(offset + at, line);
    }
    rest = bytes.subarray(at);
  };

  let restAt = run.start.offset;
  for await (const { bytes, offset, fileBytes } of readBlocks(path, run.start.offset)) {
    const whole = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    await readAll(whole, offset - rest.length, false);
    restAt = offset + bytes.length - rest.length;
    run.tell(fileBytes, all);
  }
  if (rest.length > 0) await readAll(rest, restAt, true);
  return run.finish();
}

const BOM = 0xef_bb_bf;

interface Header {
  readonly fields: (RowField | null)[];
  readonly names: string[];
}

function headerOf(bytes: Buffer, records: CsvRecords, path: string, map: ColumnMap): Header {
  const names = Array.from({ length: records.count }, (_, column) =>
    lineText(bytes.subarray(records.from[column], records.to[column]), 1).trim());
  return { names, fields: columnFields(names, map, path) };
}

/** Of an import that goes on in the middle of its file. */
async function readHeader(path: string, map: ColumnMap): Promise<Header> {
  for await (const { bytes } of readBlocks(path)) {
    const records = new CsvRecords();
    for (let at = bytes.readUIntBE(0, 3) === BOM ? 3 : 0; at >= 0 && at < bytes.length;) {
      at = records.read(bytes, at, bytes.length, 1, true);
      if (!records.blank) return headerOf(bytes, records, path, map);
    }
  }
  throw new ServeError('bad_argument', `${path} has no first line`);
}
