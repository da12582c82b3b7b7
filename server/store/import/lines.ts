import { createReadStream, existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { ServeError } from '../../core/errors.ts';

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
  const { message } = error as Error;
  return new ServeError('bad_argument', `${path}: ${message}`, { cause: error });
}

export interface JsonLine {
  readonly line: number; // in its file, from 1
  readonly value: Readonly<Record<string, unknown>>;
}

/** The objects of a file with one JSON object a line; empty lines are passed over. */
export async function* readJsonLines(path: string): AsyncIterable<() => JsonLine> {
  let line = 0;
  for await (const text of readLines(path)) {
    line += 1;
    const at = line;
    if (text.trim() !== '') yield () => ({ line: at, value: parseObject(at, text) });
  }
}

/** Lines without their ends. Not `node:readline`: that loses the errors of its input. */
export async function* readLines(path: string): AsyncIterable<string> {
  let rest = '';
  try {
    for await (const chunk of readFile(path).setEncoding('utf8') as AsyncIterable<string>) {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() as string;
      yield* lines;
    }
  } catch (error) {
    throw fileError(path, error);
  }
  if (rest !== '') yield rest;
}

function parseObject(line: number, text: string): Record<string, unknown> {
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
