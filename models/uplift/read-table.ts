import { readCsv } from '../../server/store/import/csv.ts';
import { categories, numbers, type Column, type Table } from '../learn/table.ts';
import { TrainingError } from '../learn/training-error.ts';

/** A CSV file as it stands: every cell a text. */
export interface TextTable {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, readonly string[]>; // by name, in the file's order
}

const CATEGORIES_MAX = 100; // more are names of rows, such as ids, and teach nothing

/** Fails with `bad_argument` where the file cannot be read, `TrainingError` where it has no rows. */
export async function readTextTable(path: string): Promise<TextTable> {
  const columns = new Map<string, string[]>();
  let rows = 0;
  for await (const line of readCsv(path)) {
    const fields = line();
    if (rows === 0) for (const name of fields.names()) columns.set(name, []);
    for (const [name, cells] of columns) cells.push(fields.raw(name).trim());
    rows += 1;
  }
  if (rows === 0) throw new TrainingError(`${path} has no rows`);
  return { rows, columns };
}

/** The texts of a column. Fails with `TrainingError` naming those that there are. */
export function columnOf({ columns }: TextTable, name: string): readonly string[] {
  const cells = columns.get(name);
  if (cells) return cells;
  throw new TrainingError(`there is no column '${name}', only ${[...columns.keys()].join(', ')}`);
}

/** A column of numbers. Fails with `TrainingError` naming the row that holds none. */
export function numbersOf(text: TextTable, name: string): Float64Array {
  return Float64Array.from(columnOf(text, name), (cell, row) => {
    const value = Number(cell);
    if (cell !== '' && Number.isFinite(value)) return value;
    throw new TrainingError(`${name}, row ${row + 1}: '${cell}' is no number`);
  });
}

/**
 * A column of 1 and 0, also written yes and no, y and n, or true and false, in any case. Fails with
 * `TrainingError` naming the row that says anything else.
 */
export function yesNoOf(text: TextTable, name: string): Float64Array {
  return Float64Array.from(columnOf(text, name), (cell, row) => {
    if (/^(1(\.0*)?|yes|y|true)$/i.test(cell)) return 1;
    if (/^(0(\.0*)?|no|n|false)$/i.test(cell)) return 0;
    throw new TrainingError(`${name}, row ${row + 1}: expected 1 or 0, or yes or no, got '${cell}'`);
  });
}

/**
 * The columns that are not in `without`: numbers where every cell that is not empty is one, else
 * categories. What cannot teach is left out, and `left` says why.
 */
export function tableOf(
  text: TextTable, without: readonly string[],
): { table: Table; left: readonly string[] } {
  const left: string[] = [];
  const columns: Column[] = [];
  for (const [name, cells] of text.columns) {
    if (without.includes(name)) continue;
    const distinct = new Set(cells.filter((cell) => cell !== ''));
    const allNumbers = [...distinct].every((cell) => Number.isFinite(Number(cell)));
    if (distinct.size < 2) left.push(`'${name}' is the same in every row`);
    else if (allNumbers) columns.push(numbers(name, cells.map((cell) => (cell === '' ? NaN : Number(cell)))));
    else if (distinct.size > CATEGORIES_MAX) left.push(`'${name}' has ${distinct.size} texts`);
    else columns.push(categories(name, cells));
  }
  if (columns.length === 0) throw new TrainingError('no column is left to learn from');
  return { table: { rows: text.rows, columns }, left };
}
