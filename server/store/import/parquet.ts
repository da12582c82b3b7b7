import { asyncBufferFromFile, parquetMetadataAsync, parquetScan } from 'hyparquet';
import type { AsyncBuffer, FileMetaData } from 'hyparquet';
import { ServeError } from '../../core/errors.ts';

/** Texts come as bytes, times as milliseconds, whole numbers that are too large for one as bigints. */
const PARSERS = {
  stringFromBytes: (bytes: Uint8Array) => bytes,
  timestampFromMilliseconds: (ms: bigint) => Number(ms),
  timestampFromMicroseconds: (us: bigint) => Number(us / 1000n),
  timestampFromNanoseconds: (ns: bigint) => Number(ns / 1_000_000n),
};

/** The columns of a Parquet file, a group of rows at a time. */
export class ParquetFile {
  private constructor(
    private readonly path: string,
    private readonly file: AsyncBuffer,
    private readonly metadata: FileMetaData,
  ) {}

  /** Fails with `bad_argument` naming the file where it is not there, or none. */
  static async open(path: string): Promise<ParquetFile> {
    try {
      const file = await asyncBufferFromFile(path);
      return new ParquetFile(path, file, withoutTexts(await parquetMetadataAsync(file)));
    } catch (cause) {
      throw new ServeError('bad_argument', `${path}: no Parquet file (${(cause as Error).message})`, { cause });
    }
  }

  get rows(): number {
    return Number(this.metadata.num_rows);
  }

  /** Names of the columns that stand at the top. */
  get names(): string[] {
    const [root, ...rest] = this.metadata.schema;
    const names: string[] = [];
    for (let at = 0, left = root?.num_children ?? 0; left > 0; left -= 1) {
      names.push(rest[at]!.name);
      at = after(rest, at);
    }
    return names;
  }

  /** Whether a column's numbers are times, which come as milliseconds. */
  isTime(name: string): boolean {
    const element = this.metadata.schema.find((one) => one.name === name);
    return element?.logical_type?.type === 'TIMESTAMP' || /TIMESTAMP/.test(element?.converted_type ?? '');
  }

  /** The named columns from row `start` on. */
  async *groups(
    columns: readonly string[], start: number,
  ): AsyncIterable<{ readonly row: number; readonly rows: number; readonly values: readonly ArrayLike<unknown>[] }> {
    let row = 0;
    for (const group of this.metadata.row_groups) {
      const end = row + Number(group.num_rows);
      const from = Math.max(row, start);
      row = end;
      if (from >= end) continue;
      yield { row: from, rows: end - from, values: await this.#read(columns, from, end) };
    }
  }

  async #read(columns: readonly string[], rowStart: number, rowEnd: number): Promise<ArrayLike<unknown>[]> {
    const { file, metadata } = this;
    try {
      const scan = await parquetScan({
        file, metadata, columns: [...columns], rowStart, rowEnd, utf8: false, parsers: PARSERS,
      });
      const values: ArrayLike<unknown>[] = [];
      for (const column of columns) values.push(await scan.readColumn({ column, rowStart, rowEnd }));
      return values;
    } catch (cause) {
      throw new ServeError('bad_argument', `${this.path}: ${(cause as Error).message}`, { cause });
    }
  }
}

/** Texts as bytes: so they are handed on as they were found, without another list being made of them. */
function withoutTexts(metadata: FileMetaData): FileMetaData {
  const schema = metadata.schema.map((element) => {
    const text = element.converted_type === 'UTF8' || element.logical_type?.type === 'STRING';
    if (!text || element.type !== 'BYTE_ARRAY') return element;
    const { converted_type: _, logical_type: __, ...plain } = element;
    return plain;
  });
  return { ...metadata, schema };
}

/** The place behind an element and all that is in it. */
function after(schema: FileMetaData['schema'], at: number): number {
  let next = at + 1;
  for (let left = schema[at]?.num_children ?? 0; left > 0; left -= 1) next = after(schema, next);
  return next;
}
