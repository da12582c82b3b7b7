import { ServeError } from '../core/errors.ts';
import { FORMATS } from '../intake/formats.ts';
import type { Format } from '../intake/formats.ts';
import { columnFields } from '../store/import/column-map.ts';
import type { ColumnMap } from '../store/import/column-map.ts';
import { readCsv } from '../store/import/csv.ts';
import { readJsonLines } from '../store/import/lines.ts';
import { ParquetFile } from '../store/import/parquet.ts';
import { readTime } from '../store/import/read-time.ts';
import type { Store } from '../store/store.ts';
import { toWire } from '../wire/names.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { looseEvent } from './loose-event.ts';
import type { LooseEvent } from './loose-event.ts';

/** An event, or why a row is none. */
export type Row = LooseEvent | { readonly line: number; readonly why: string };

export interface RowSetting {
  readonly map: ColumnMap;
  readonly format: Format | null; // null: ours
}

/** The rows of a file, by its ending, one after the other. Fails where the file itself cannot be read. */
export async function* readRows(path: string, { map, format }: RowSetting): AsyncIterable<Row> {
  if (path.endsWith('.parquet')) yield* parquetRows(path, map);
  else if (/\.csv(\.gz)?$/.test(path)) yield* csvRows(path, map);
  else yield* jsonRows(path, format);
}

/** The events of a store. */
export function* storeRows(store: Pick<Store, 'events'>): Iterable<Row> {
  for (const { sequence, event } of store.events()) yield ours(sequence + 1, event);
}

async function* jsonRows(path: string, format: Format | null): AsyncIterable<Row> {
  let line = 0;
  for await (const read of readJsonLines(path)) {
    line += 1;
    try {
      const { line: at, value } = read();
      line = at;
      if (format === null) {
        yield looseEvent(at, value, jsonTime);
        continue;
      }
      for (const event of FORMATS[format](value, { parent: null, key: '' }, NaN)) yield ours(at, event);
    } catch (error) {
      yield { line, why: reason(error) };
    }
  }
}

function ours(line: number, event: ShopEvent): LooseEvent {
  return looseEvent(line, toWire(event) as Readonly<Record<string, unknown>>, jsonTime);
}

function jsonTime(value: unknown): number {
  return typeof value === 'number' ? value : NaN;
}

async function* csvRows(path: string, map: ColumnMap): AsyncIterable<Row> {
  let names: ReadonlyMap<string, string> | null = null;
  let line = 1;
  const broken: Row[] = [];
  const note = (at: number, why: string): void => {
    if (broken.at(-1)?.line === at) return; // one quote is told of more than once
    broken.push({ line: at, why: `${why}; from there to the next row that reads nothing was looked at` });
  };
  for await (const read of readCsv(path, note)) {
    yield* broken.splice(0);
    try {
      const fields = read();
      ({ line } = fields);
      names ??= wireNames(fields.names(), map, path);
      const row: Record<string, unknown> = {};
      for (const name of fields.names()) row[names.get(name) ?? name] = fields.raw(name);
      yield looseEvent(fields.line, typed(row, map), (value) => textTime(value, map.zone));
    } catch (error) {
      if (names === null) throw error; // the header's
      line += 1;
      yield { line, why: reason(error) };
    }
  }
  yield* broken.splice(0);
}

async function* parquetRows(path: string, map: ColumnMap): AsyncIterable<Row> {
  const file = await ParquetFile.open(path);
  const { names } = file;
  const wire = wireNames(names, map, path);
  for await (const { row: first, rows, values } of file.groups(names, 0)) {
    for (let i = 0; i < rows; i += 1) {
      const row: Record<string, unknown> = {};
      names.forEach((name, column) => (row[wire.get(name) ?? name] = plain(values[column]![i])));
      yield looseEvent(first + i + 1, typed(row, map), (value) => textTime(value, map.zone));
    }
  }
}

/** What each column is called here; those of nothing of ours keep their names, and are looked at as well. */
function wireNames(names: readonly string[], map: ColumnMap, path: string): Map<string, string> {
  const columns = map.columns.size > 0 ? map.columns : new Map([['type', 'type']] as const);
  const fields = columnFields(names, { ...map, columns }, path);
  return new Map(names.flatMap((name, i) => (fields[i] == null ? [] : [[name, fields[i]] as const])));
}

function typed(row: Record<string, unknown>, { types }: ColumnMap): Record<string, unknown> {
  const name = row['type'];
  const type = typeof name === 'string' ? types.get(name) : undefined;
  return type === undefined ? row : { ...row, type };
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.length).toString();
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.getTime();
  return Array.isArray(value) ? value.map(plain) : value;
}

function textTime(value: unknown, zone: string): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value === '') return NaN;
  const bytes = Buffer.from(value);
  return readTime(bytes, 0, bytes.length, zone);
}

function reason(error: unknown): string {
  if (error instanceof ServeError) return (error.detail || error.message).replace(/^line \d+: /, ''); // the row says it
  throw error;
}
