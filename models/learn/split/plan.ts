import type { Examples } from '../table.ts';
import { TrainingError } from '../training-error.ts';

/** Rows to learn from and rows to be scored on; a row may be in neither. */
export class Fold {
  /** Fails where a part is empty, a row is in both or twice in one, or is not of the table. */
  constructor(
    readonly train: Uint32Array,
    readonly test: Uint32Array,
    rows: number,
  ) {
    if (train.length === 0) throw new TrainingError('a split leaves no rows to learn from');
    if (test.length === 0) throw new TrainingError('a split leaves no rows to be scored on');
    const seen = new Uint8Array(rows);
    for (const row of [train, test].flatMap((part) => [...part])) {
      if (row >= rows) throw new TrainingError(`a split names row ${row} of a table of ${rows}`);
      if (seen[row]) throw new TrainingError(`a split has row ${row} twice`);
      seen[row] = 1;
    }
  }
}

/** How examples are divided, once or several times. */
export interface Plan {
  readonly how: string; // as a card says it
  /** Whether every training row was known, label and all, before the first row it is scored on. */
  readonly inTime: boolean;
  readonly folds: readonly Fold[];
  readonly warnings: readonly string[];
}

/** A way to divide examples. The same examples give the same plan: chance is of a fixed seed. */
export type Splitter = (examples: Examples) => Plan;

/** The fold of every row in `of`, 0-based; each fold is scored once, on what the others teach. */
export function foldsOf(of: ArrayLike<number>, count: number): Fold[] {
  const rows = Array.from({ length: of.length }, (_, row) => row);
  return Array.from({ length: count }, (_, fold) => new Fold(
    Uint32Array.from(rows.filter((row) => of[row] !== fold)),
    Uint32Array.from(rows.filter((row) => of[row] === fold)),
    of.length,
  ));
}

/**
 * A plan for rows that stand in time order and are divided without heed of it: refused unless it is
 * asked for by name, and then the plan says so.
 */
export function timeIgnored(examples: Examples, allowed: boolean): string[] {
  if (!examples.times || allSame(examples.times)) return [];
  if (allowed) return ['rows of one time learn from later ones: the scores may be too good'];
  throw new TrainingError('these rows have times, and this split shuffles them: later rows would ' +
    'teach what earlier ones are scored on; split by time, or say `ignoreTime`');
}

export function timesOf(examples: Examples): Float64Array {
  const { times } = examples;
  if (!times) throw new TrainingError('a split by time needs the time of each row');
  if (!times.every(Number.isFinite)) throw new TrainingError('a row has no time');
  return times;
}

function allSame(values: Float64Array): boolean {
  return values.every((value) => value === values[0]);
}
