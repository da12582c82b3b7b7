import { rmSync } from 'node:fs';
import { fileWriter, ParquetWriter } from 'hyparquet-writer';
import { putInPlace } from '../core/whole-file.ts';
import type { ColumnSpec, ColumnValues, TableWriter } from './table.ts';

const GROUP_ROWS = 131_072;

/** A Parquet file of required, typed columns, Snappy but for ids, in groups of rows. */
export class ParquetTable implements TableWriter {
  readonly #part: string;
  readonly #writer: ParquetWriter;
  #held: (string[] | Float32Array | Float64Array | Int32Array)[];
  #rows = 0;

  constructor(private readonly path: string, private readonly specs: readonly ColumnSpec[]) {
    this.#part = `${path}.part-${process.pid}`;
    this.#writer = new ParquetWriter({
      writer: fileWriter(this.#part),
      schema: [{ name: 'root', num_children: specs.length }, ...specs.map(({ name, type }) => ({
        name, repetition_type: 'REQUIRED' as const,
        ...(type === 'STRING' ? { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const : { type }),
      }))],
      // Groups are of customers in no order: the least and the most of each are alike, and skip nothing.
      statistics: false,
      createdBy: 'vitrine',
    });
    this.#held = this.#empty();
  }

  add(columns: ColumnValues, rows: number): void {
    for (let from = 0; from < rows;) {
      const count = Math.min(rows - from, GROUP_ROWS - this.#rows);
      columns.forEach((values, i) => {
        const held = this.#held[i]!;
        if (Array.isArray(held)) {
          for (let row = 0; row < count; row += 1) held.push(values[from + row] as string);
        } else {
          held.set((values as Float64Array).subarray(from, from + count), this.#rows);
        }
      });
      this.#rows += count;
      from += count;
      if (this.#rows === GROUP_ROWS) this.#flush();
    }
  }

  finish(): void {
    if (this.#rows > 0) this.#flush();
    void this.#writer.finish(); // of a file: synchronous
    putInPlace(this.#part, this.path);
  }

  abandon(): void {
    rmSync(this.#part, { force: true });
  }

  #flush(): void {
    const rows = this.#rows;
    void this.#writer.write({
      columnData: this.specs.map(({ name, type }, i) => ({
        name,
        data: this.#held[i]!.slice(0, rows),
        // Numbers as they are: dictionaries of distinct values cost time and save nothing.
        ...(type !== 'STRING' && { encoding: 'PLAIN' as const }),
      })),
      rowGroupSize: GROUP_ROWS,
    });
    this.#rows = 0;
    this.#held = this.#empty();
  }

  #empty(): (string[] | Float32Array | Float64Array | Int32Array)[] {
    return this.specs.map(({ type }) => {
      switch (type) {
        case 'STRING': return [];
        case 'FLOAT': return new Float32Array(GROUP_ROWS);
        case 'DOUBLE': return new Float64Array(GROUP_ROWS);
        case 'INT32': return new Int32Array(GROUP_ROWS);
      }
    });
  }
}
