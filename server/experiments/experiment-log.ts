import {
  closeSync, existsSync, fsync, fsyncSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { ServeError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { type Line, LOG_VERSION } from './log-lines.ts';

/**
 * The lines of one experiment in a file that only grows. A line is handed to the system before the
 * answer that it speaks of goes out, so a killed process loses none; it is on disk within a second
 * (`sync`), so a machine that loses power loses that second at most.
 */
export class ExperimentLog {
  #file: number;
  #dirty = false;
  #failed = false;

  private constructor(readonly path: string, file: number, private readonly log: Log) {
    this.#file = file;
  }

  /**
   * Opens or begins it; `each` is told every line. What a crash left of a last one is cut off. Fails
   * with `storage`.
   */
  static open(path: string, log: Log, each: (line: Line) => void): ExperimentLog {
    try {
      mkdirSync(dirname(path), { recursive: true });
      const bytes = existsSync(path) ? readLines(path, each) : 0;
      const file = openSync(path, 'a');
      ftruncateSync(file, bytes);
      return new ExperimentLog(path, file, log);
    } catch (cause) {
      if (cause instanceof ServeError) throw cause;
      throw new ServeError('storage', `${path}: ${(cause as Error).message}`, { cause });
    }
  }

  /** False once a line could not be written: then nothing more may be counted. */
  get usable(): boolean {
    return !this.#failed;
  }

  /** Whether the line is there. */
  append(line: Line): boolean {
    if (this.#failed) return false;
    try {
      writeSync(this.#file, `${JSON.stringify(line)}\n`);
      this.#dirty = true;
    } catch (cause) {
      this.#failed = true;
      this.log.error('an experiment counts no more: its log cannot be written', {
        file: this.path, cause: String(cause),
      });
    }
    return !this.#failed;
  }

  /** Off the event loop. Never throws. */
  sync(): void {
    if (!this.#dirty) return;
    this.#dirty = false;
    fsync(this.#file, (cause) => {
      if (cause && this.#file >= 0) this.log.error('an experiment is not synced', { cause: String(cause) });
    });
  }

  close(): void {
    if (this.#file < 0) return;
    try {
      fsyncSync(this.#file);
    } finally {
      closeSync(this.#file);
      this.#file = -1;
      this.#failed = true;
    }
  }
}

const PART_BYTES = 1_048_576;
const NEWLINE = 10;

/** Tells `each` every whole line; returns their bytes. Fails with `storage` on a broken one. */
export function readLines(path: string, each: (line: Line) => void): number {
  const file = openSync(path, 'r');
  const part = Buffer.alloc(PART_BYTES);
  let [rest, bytes, count] = [Buffer.alloc(0), 0, 0];
  try {
    for (let read = readSync(file, part); read > 0; read = readSync(file, part)) {
      const held = Buffer.concat([rest, part.subarray(0, read)]);
      const end = held.lastIndexOf(NEWLINE) + 1;
      rest = held.subarray(end);
      bytes += end;
      if (end === 0) continue;
      for (const text of held.toString('utf8', 0, end - 1).split('\n')) {
        count += 1;
        each(checked(text, path, count));
      }
    }
  } finally {
    closeSync(file);
  }
  return bytes;
}

function checked(text: string, path: string, count: number): Line {
  let line: Line;
  try {
    line = JSON.parse(text) as Line;
  } catch (cause) {
    const { message } = cause as Error;
    throw new ServeError('storage', `${path}, line ${count} is damaged: ${message}`, { cause });
  }
  if (count === 1 && (line[0] !== 'begun' || line[1] > LOG_VERSION)) {
    throw new ServeError('storage', `${path} is no log of an experiment that this build reads`);
  }
  return line;
}
