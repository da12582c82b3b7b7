import { isUtf8 } from 'node:buffer';
import { createReadStream, existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ServeError } from '../../core/errors.ts';
import { fileTrouble } from '../../core/file-trouble.ts';

/** The bytes of a file, unpacked where its name ends in `.gz`. */
export function readFile(path: string): Readable {
  if (!existsSync(path)) throw new ServeError('bad_argument', `there is no file '${path}'`);
  const file = createReadStream(path, { highWaterMark: 262_144 });
  if (!path.endsWith('.gz')) return file;
  // The reader of the unpacked bytes sees the error; the callback only keeps it from being thrown.
  return pipeline(file, createGunzip(), () => {});
}

/** What the file system or the unpacking says is wrong with a file, as the caller's own mistake. */
export function fileError(path: string, error: unknown): ServeError {
  if (error instanceof ServeError) return error;
  const { message, code = '' } = error as NodeJS.ErrnoException;
  const why = code === 'Z_DATA_ERROR' ? `not gzip, as its name says, or damaged (${message})`
    : code === 'Z_BUF_ERROR' ? 'the gzip file is cut off'
      : fileTrouble(error) ?? message;
  return new ServeError('bad_argument', `${path}: ${why}`, { cause: error });
}

export interface JsonLine {
  readonly line: number; // in its file, from 1
  readonly value: Readonly<Record<string, unknown>>;
}

/** The objects of a file with one JSON object a line; empty lines are passed over. */
export async function* readJsonLines(path: string): AsyncIterable<() => JsonLine> {
  let line = 0;
  for await (const bytes of readLines(path)) {
    line += 1;
    const at = line;
    if (!isBlank(bytes)) yield () => ({ line: at, value: parseObject(at, lineText(bytes, at)) });
  }
}

/**
 * Lines without their ends, as bytes: a line that is no UTF-8 is one bad row. Not `node:readline`:
 * that loses the errors of its input. Fails with `bad_argument` where a line does not end.
 */
export async function* readLines(path: string): AsyncIterable<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  try {
    for await (const chunk of readFile(path) as AsyncIterable<Buffer>) {
      const block = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let start = 0;
      for (let end = block.indexOf(LF); end >= 0; end = block.indexOf(LF, start)) {
        yield block.subarray(start, end);
        start = end + 1;
        line += 1;
      }
      rest = block.subarray(start);
      if (rest.length <= LINE_BYTES_MAX) continue;
      throw new ServeError('bad_argument', `line ${line} is longer than ${LINE_BYTES_MAX} bytes`);
    }
  } catch (error) {
    throw fileError(path, error);
  }
  if (rest.length > 0) yield rest;
}

const LF = 10;
const LINE_BYTES_MAX = 64 * 1024 * 1024;

/** The text of a line. Fails with `bad_argument` naming the line if it is no UTF-8. */
export function lineText(bytes: Buffer, line: number): string {
  if (!isUtf8(bytes)) throw notUtf8(line);
  const text = bytes.toString();
  return line === 1 && text.startsWith('\ufeff') ? text.slice(1) : text;
}

export function notUtf8(line: number): ServeError {
  return new ServeError('bad_argument', `line ${line}: not UTF-8; save the file in that encoding`);
}

/** Blanks, tabs and a carriage return are nothing. */
export function isBlank(bytes: Buffer): boolean {
  return bytes.every((byte) => byte === 32 || byte === 9 || byte === 13);
}

/** Fails with `bad_argument` naming the line if it is no JSON object. */
export function parseObject(line: number, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ServeError('bad_argument', `line ${line}: ${(error as Error).message}`);
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw new ServeError('bad_argument', `line ${line}: not a JSON object`);
}
