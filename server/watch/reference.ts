import { existsSync, readFileSync } from 'node:fs';
import { ServeError } from '../core/errors.ts';
import type { ColumnSample } from './drift.ts';

/** File of a model's version folder: rows that it was scored on, each with what it said of them. */
export const REFERENCE_FILE = 'reference.f32';

/**
 * What a model saw when it was made: rows of its features and, as the last column, its own answer.
 * On disk: little-endian floats, row after row.
 */
export class Reference {
  readonly #columns: readonly ColumnSample[];

  constructor(
    readonly rows: Float32Array, // [count, columns]
    readonly columns: number,
  ) {
    this.#columns = Array.from({ length: columns }, (_, column) => {
      const values: number[] = [];
      let missing = 0;
      for (let at = column; at < rows.length; at += columns) {
        const value = rows[at] as number;
        if (Number.isNaN(value)) missing += 1;
        else values.push(value);
      }
      return { sorted: Float64Array.from(values).sort(), missing };
    });
  }

  get count(): number {
    return this.rows.length / this.columns;
  }

  column(column: number): ColumnSample {
    return this.#columns[column] as ColumnSample;
  }

  /** Null where there is no such file. Fails with `backend` where it is not of so many columns. */
  static read(path: string, columns: number): Reference | null {
    if (!existsSync(path)) return null;
    const bytes = readFileSync(path);
    const rowBytes = columns * Float32Array.BYTES_PER_ELEMENT;
    if (bytes.length === 0 || bytes.length % rowBytes !== 0) {
      throw new ServeError('backend', `${path}: ${bytes.length} bytes are no rows of ${columns} floats`);
    }
    const rows = new Float32Array(bytes.length / Float32Array.BYTES_PER_ELEMENT);
    new Uint8Array(rows.buffer).set(bytes);
    return new Reference(rows, columns);
  }
}
