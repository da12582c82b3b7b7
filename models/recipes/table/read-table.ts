import { createHash } from 'node:crypto';
import { ServeError } from '../../../server/core/errors.ts';
import { readCsv } from '../../../server/store/import/csv.ts';
import { readFile } from '../../../server/store/import/lines.ts';
import { categories, numbers, type Column, type Examples, type Table } from '../../learn/table.ts';

/** What is said of a file's columns; the rest is seen. */
export interface TableFile {
  readonly path: string; // CSV, UTF-8, the first line names the columns; may be gzipped
  readonly label: string; // column of what happened
  /** The label's cells that are a 1, all else a 0; without it `TRUE`, `yes`, `y` and `1`, any case. */
  readonly yes?: string;
  readonly categories: readonly string[]; // columns that hold names, though they look like numbers
  readonly drop: readonly string[]; // columns that no model may see
  readonly named?: readonly string[]; // columns that something else is said of: they must be there
  /** A column that says when, and no more: dates, or its values in order. */
  readonly time?: { readonly column: string; readonly order?: readonly string[] };
}

export interface ReadTable {
  readonly examples: Examples;
  readonly sha256: string; // of the file
  /** The time of a cell of the time column, as in `examples.times`. */
  timeOf(cell: string): number;
}

/**
 * A table of 0 and 1 from a file. A column is of numbers where every cell is one, or empty: an empty
 * cell is a missing value. Fails with `bad_argument` where a column is not there, or a cell of the
 * label or the time says nothing.
 */
export async function readTable(file: TableFile): Promise<ReadTable> {
  const { names, cells } = await readCells(file.path);
  const of = (name: string): readonly string[] => {
    const at = names.indexOf(name);
    if (at >= 0) return cells[at] as readonly string[];
    throw bad(`${file.path} has no column '${name}'; it has ${names.join(', ')}`);
  };
  [...file.categories, ...file.drop, ...(file.named ?? [])].forEach(of);
  const out = [file.label, ...file.drop, ...(file.time ? [file.time.column] : [])];
  const columns = names.filter((name) => !out.includes(name))
    .map((name) => columnOf(name, of(name), file.categories.includes(name)));
  if (columns.length === 0) throw bad(`${file.path} has no columns to learn from`);
  const labels = labelsOf(file, of(file.label));
  const timeOf = (cell: string): number => timeFrom(file.time, cell);
  return {
    examples: {
      table: { rows: labels.length, columns },
      labels,
      ...(file.time && { times: Float64Array.from(of(file.time.column), timeOf) }),
    },
    sha256: await hashOf(file.path),
    timeOf,
  };
}

/** Rows of which nobody knows the label yet, as the columns that were learned from. */
export async function readUnlabelled(path: string, like: Table): Promise<Table> {
  const { names, cells } = await readCells(path);
  const columns = like.columns.map(({ name, kind }) => {
    const at = names.indexOf(name);
    if (at < 0) throw bad(`${path} has no column '${name}', which the model learns from`);
    const column = columnOf(name, cells[at] as readonly string[], kind === 'category');
    if (column.kind !== kind) throw bad(`'${name}' of ${path} has cells that are no numbers`);
    return column;
  });
  return { rows: (cells[0] as string[]).length, columns };
}

async function readCells(path: string): Promise<{ names: string[]; cells: string[][] }> {
  let names: string[] = [];
  const cells: string[][] = [];
  for await (const row of readCsv(path)) {
    const fields = row();
    if (cells.length === 0) {
      names = fields.names();
      cells.push(...names.map(() => []));
    }
    names.forEach((name, at) => {
      const cell = fields.raw(name).trim();
      (cells[at] as string[]).push(cell);
    });
  }
  if (names.length === 0) throw bad(`${path} has no rows`);
  return { names, cells };
}

function columnOf(name: string, cells: readonly string[], named: boolean): Column {
  const isNumber = !named && cells.every((cell) => Number.isFinite(Number(cell)));
  return isNumber
    ? numbers(name, cells.map((cell) => (cell === '' ? NaN : Number(cell))))
    : categories(name, cells);
}

function labelsOf({ label, yes }: TableFile, cells: readonly string[]): Float64Array {
  const others = new Set<string>();
  const isYes = (cell: string): boolean =>
    (yes === undefined ? /^(true|yes|y|1(\.0*)?)$/i.test(cell) : cell === yes);
  const labels = Float64Array.from(cells, (cell, row) => {
    if (cell === '') {
      throw bad(`row ${row + 1} has no '${label}'; rows whose outcome is not known are to be taken out`);
    }
    if (isYes(cell)) return 1;
    others.add(cell);
    return 0;
  });
  const ones = labels.filter((value) => value === 1).length;
  if (others.size > 1 && (yes === undefined || ones === 0)) {
    const said = [...new Set([...(ones > 0 ? [cells.find(isYes) as string] : []), ...others])];
    const shown = said.slice(0, 5).map((cell) => `'${cell}'`).join(', ');
    throw bad(`'${label}' says ${shown}${said.length > 5 ? ` and ${said.length - 5} other things` : ''}: ` +
      'which is a yes? --yes TEXT says so, and all else is a no');
  }
  if (ones === 0 || ones === labels.length) {
    throw bad(`'${label}' is '${cells[0]}' in every row: both a yes and a no are needed`);
  }
  return labels;
}

function timeFrom(time: TableFile['time'], cell: string): number {
  const at = time?.order ? time.order.indexOf(cell) : Date.parse(cell);
  if (at >= 0) return at;
  throw bad(`'${cell}' of '${time?.column}' is ${time?.order ? 'not in the order' : 'no date'}`);
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of readFile(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

function bad(detail: string): ServeError {
  return new ServeError('bad_argument', detail);
}
