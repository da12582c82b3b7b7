import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { putInPlace } from '../core/whole-file.ts';

/** A column of a table that is written: what its values are, and their rounding as text. */
export interface ColumnSpec {
  readonly name: string;
  readonly type: 'STRING' | 'FLOAT' | 'DOUBLE' | 'INT32';
  readonly digits?: number; // after the point, in text
}

/** Values of some rows, in the order of the specs. */
export type ColumnValues = readonly (readonly string[] | Float32Array | Float64Array | Int32Array)[];

/** Takes rows in their order. The file is seen under its name when `finish` is done, and whole. */
export interface TableWriter {
  /** The first `rows` of each column; the arrays are the caller's again after it. */
  add(columns: ColumnValues, rows: number): void;
  finish(): void;
  /** Leaves nothing behind, and what was there before as it was. */
  abandon(): void;
}

const PIECE = 1 << 20; // characters that are gathered before a write

/** `csv` with a head, or one object a line. Throws what the file system does. */
export class TextTable implements TableWriter {
  readonly #part: string;
  readonly #file: number;
  readonly #row: (columns: ColumnValues, row: number) => string;
  #text = '';

  constructor(
    private readonly path: string, specs: readonly ColumnSpec[], format: 'csv' | 'jsonl',
  ) {
    this.#part = `${path}.part-${process.pid}`;
    this.#file = openSync(this.#part, 'w');
    this.#row = format === 'csv' ? csvRow(specs) : jsonRow(specs);
    if (format === 'csv') this.#text = `${specs.map(({ name }) => name).join(',')}\n`;
  }

  add(columns: ColumnValues, rows: number): void {
    for (let row = 0; row < rows; row += 1) this.#text += this.#row(columns, row);
    if (this.#text.length > PIECE) this.#flush();
  }

  finish(): void {
    this.#flush();
    closeSync(this.#file);
    putInPlace(this.#part, this.path);
  }

  abandon(): void {
    closeSync(this.#file);
    rmSync(this.#part, { force: true });
  }

  #flush(): void {
    const bytes = Buffer.from(this.#text);
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    this.#text = '';
  }
}

type Show = (value: string | number) => string;

function csvRow(specs: readonly ColumnSpec[]): (columns: ColumnValues, row: number) => string {
  const shows = specs.map((spec): Show => (spec.type === 'STRING' ? quoted : rounded(spec)));
  return (columns, row) => {
    let line = '';
    for (let i = 0; i < shows.length; i += 1) {
      line += (i === 0 ? '' : ',') + (shows[i] as Show)(columns[i]![row] as string | number);
    }
    return `${line}\n`;
  };
}

function jsonRow(specs: readonly ColumnSpec[]): (columns: ColumnValues, row: number) => string {
  const heads = specs.map(({ name }, i) => `${i === 0 ? '{' : ','}${JSON.stringify(name)}:`);
  const shows = specs.map((spec): Show => (spec.type === 'STRING' ? JSON.stringify : rounded(spec)));
  return (columns, row) => {
    let line = '';
    for (let i = 0; i < shows.length; i += 1) {
      line += (heads[i] as string) + (shows[i] as Show)(columns[i]![row] as string | number);
    }
    return `${line}}\n`;
  };
}

/** RFC 4180: in quotes where it must be. */
function quoted(value: string | number): string {
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function rounded({ type, digits = 6 }: ColumnSpec): Show {
  if (type === 'INT32') return String;
  const scale = 10 ** digits;
  return (value) => String(Math.round((value as number) * scale) / scale);
}
