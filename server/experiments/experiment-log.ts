import {
  closeSync, existsSync, fsync, fsyncSync, ftruncateSync, mkdirSync, openSync, readFileSync, writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { ServeError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { type Begun, type Line, LOG_VERSION } from './log-lines.ts';

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

  /** Opens or begins it. What a crash left of a last line is cut off. Fails with `storage`. */
  static open(path: string, log: Log): { file: ExperimentLog; lines: Line[] } {
    try {
      mkdirSync(dirname(path), { recursive: true });
      const { lines, bytes } = existsSync(path) ? readLines(path) : { lines: [], bytes: 0 };
      const file = openSync(path, 'a');
      ftruncateSync(file, bytes);
      return { file: new ExperimentLog(path, file, log), lines };
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

/** The lines, and the bytes up to the end of the last whole one. Fails with `storage` on a broken one. */
export function readLines(path: string): { lines: Line[]; bytes: number } {
  const text = readFileSync(path, 'utf8');
  const end = text.lastIndexOf('\n') + 1;
  const lines = text.slice(0, end).split('\n').slice(0, -1).map((line, i) => {
    try {
      return JSON.parse(line) as Line;
    } catch (cause) {
      throw new ServeError('storage', `${path}, line ${i + 1} is damaged: ${(cause as Error).message}`);
    }
  });
  const first = lines[0] as Begun | undefined;
  if (first && (first[0] !== 'begun' || first[1] > LOG_VERSION)) {
    throw new ServeError('storage', `${path} is no log of an experiment that this build reads`);
  }
  return { lines, bytes: Buffer.byteLength(text.slice(0, end)) };
}
