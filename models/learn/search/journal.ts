import {
  closeSync, existsSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync,
} from 'node:fs';
import { TrainingError } from '../training-error.ts';
import type { Point } from './space.ts';
import type { Trial } from './strategy.ts';

/** What a journal is of: a search may only go on with the one it began. */
export interface JournalHead {
  readonly strategy: string;
  readonly seed: number;
  readonly space: unknown;
  readonly about: string; // what is searched for, data and all, as the caller tells it apart
}

/**
 * The trials of a search, one JSON line each after a first line that says of which search they are.
 * A line is on the disk before the next trial begins; half a line, left by a crash, is cut off.
 */
export class Journal {
  readonly trials: readonly Trial[]; // those of before
  readonly #file: number;

  /** Opens or makes the file. Fails where it is of another search, or is no journal. */
  constructor(path: string, head: JournalHead) {
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    const lines = whole.split('\n').slice(0, -1).map((line, at) => parse(path, line, at));
    const wanted = JSON.stringify(head);
    if (lines.length > 0 && JSON.stringify(lines[0]) !== wanted) {
      throw new TrainingError(`${path} is the journal of another search: remove it, or name another`);
    }
    this.trials = lines.slice(1).map((line) => trialOf(line as Line));
    this.#file = openSync(path, 'a');
    ftruncateSync(this.#file, Buffer.byteLength(whole));
    if (lines.length === 0) this.#write(wanted);
  }

  append({ point, budget, loss }: Trial): void {
    this.#write(JSON.stringify({ point, budget, loss: Number.isFinite(loss) ? loss : null }));
  }

  close(): void {
    closeSync(this.#file);
  }

  #write(line: string): void {
    writeSync(this.#file, `${line}\n`);
    fsyncSync(this.#file);
  }
}

interface Line {
  readonly point: Point;
  readonly budget: number;
  readonly loss: number | null; // null: Infinity, which JSON has not
}

function trialOf({ point, budget, loss }: Line): Trial {
  return { point, budget, loss: loss ?? Infinity };
}

function parse(path: string, line: string, at: number): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new TrainingError(`${path}, line ${at + 1}: no JSON`);
  }
}
