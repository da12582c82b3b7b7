import { parse } from 'csv-parse';
import type { CsvError } from 'csv-parse';
import { ServeError } from '../../core/errors.ts';
import { Fields } from './fields.ts';
import { fileError, notUtf8, readFile } from './lines.ts';
import { BadLines } from './utf8.ts';

/**
 * The rows of a CSV file (RFC 4180, UTF-8, first line names the columns), read as a stream. Fails
 * with `bad_argument` naming the line where quotes do not close: what follows cannot be told apart;
 * and where two columns have one name. With `broken` it is told of wrong quotes below the header
 * instead, and what cannot be told apart there is passed over.
 */
export async function* readCsv(
  path: string, broken?: (line: number, why: string) => void,
): AsyncIterable<() => Fields> {
  const parser = parse({
    bom: true, relax_column_count: true, info: true, skip_empty_lines: true, skip_records_with_error: !!broken,
  });
  let headerError: CsvError | null = null; // a parser that passes rows over would take the next one for it
  parser.on('skip', (error: CsvError) => {
    const line = Number(error['lines']);
    if (line === 1) headerError = error;
    else broken?.(line, error.message.replace(/, value is [^]*$/, ''));
  });
  const input = readFile(path);
  input.on('error', (error) => parser.destroy(error));
  const badLines = new BadLines();
  input.pipe(badLines).pipe(parser);
  let before = 0; // lines before the record
  let names: readonly string[] | null = null;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      const bad = badLines.firstBad(before + 1, info.lines);
      before = info.lines;
      if (!names) {
        if (headerError) throw headerError;
        if (bad !== null) throw notUtf8(bad);
        names = record.map((name) => name.trim());
        const doubled = names.find((name, at) => name !== '' && names?.indexOf(name) !== at);
        if (doubled === undefined) continue;
        throw new ServeError(
          'bad_argument', `${path} has two columns '${doubled}': which is meant cannot be told`);
      }
      const columns = names;
      yield () => {
        if (bad !== null) throw notUtf8(bad);
        const values = Object.fromEntries(columns.map((name, i) => [name, record[i]]));
        if (record.length > columns.length) values[`column ${columns.length + 1}`] = record.at(-1);
        return new Fields(info.lines, values);
      };
    }
    if (headerError) throw headerError;
  } catch (error) {
    throw fileError(path, error);
  } finally {
    input.destroy();
    badLines.destroy();
  }
}

interface Parsed {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}
