import { TrainingError } from './training-error.ts';
import type { Column, Table } from './table.ts';

/** What a model knows of a column that it learned from. */
export interface LearnedColumn {
  readonly name: string;
  readonly kind: Column['kind'];
  readonly categories: readonly string[]; // empty for numbers
}

export function learnedColumns({ columns }: Table): LearnedColumn[] {
  return columns.map(({ name, kind, categories = [] }) => ({ name, kind, categories }));
}

/**
 * The table as a model file takes it: float32, row-major `[rows, columns]`, category columns by
 * number, NaN where missing. Columns are found by name, and categories matched by name: one that the
 * model has never heard of is missing. Fails where the table lacks a column or has another kind.
 */
export function featureRows(columns: readonly LearnedColumn[], table: Table): Float32Array {
  const rows = new Float32Array(table.rows * columns.length);
  columns.forEach((column, at) => {
    const found = table.columns.find(({ name }) => name === column.name);
    if (!found || found.kind !== column.kind) {
      throw new TrainingError(`the table has no column of ${column.kind}s '${column.name}'`);
    }
    const values = column.kind === 'number' ? found.values : recoded(column, found);
    for (let row = 0; row < table.rows; row += 1) {
      rows[row * columns.length + at] = values[row] as number;
    }
  });
  return rows;
}

function recoded({ categories }: LearnedColumn, { values, categories: other = [] }: Column):
  Float64Array {
  if (categories === other) return values;
  const codes = new Map(categories.map((name, code) => [name, code]));
  const code = other.map((name) => codes.get(name) ?? NaN);
  return values.map((value) => code[value] ?? NaN);
}
