import { loadAddon, type NativeVectorIndex } from '../ann/binding.ts';
import { keysOf, type Key } from '../ann/key-note.ts';
import { ServeError, type FailureCode } from '../core/errors.ts';

/** Width of a search, as the addon takes it; 0: the index's own default. */
export const BEAM = { value: 0, min: 1, max: 65_535 };

/** The whole number that an option was given, or its default. Fails outside `min..max`. */
export function wholeNumber(
  name: string, given: string | undefined, { value, min, max }: { value: number; min: number; max: number },
): number {
  if (given === undefined) return value;
  const number = Number(given);
  if (Number.isInteger(number) && number >= min && number <= max) return number;
  throw new ServeError('bad_argument', `--${name} must be a whole number of ${min}..${max}, it is '${given}'`);
}

/** The word that an option was given, or its default, the first. Fails when it is none of them. */
export function oneOf<Word extends string>(
  name: string, given: string | undefined, words: readonly [Word, ...Word[]],
): Word {
  const word = given === undefined ? words[0] : words.find((known) => known === given);
  if (word !== undefined) return word;
  throw new ServeError('bad_argument', `--${name} must be one of ${words.join(', ')}, it is '${given}'`);
}

/** Exactly the file names that an action takes; the message names what is missing. */
export function paths(positionals: readonly string[], names: readonly string[]): string[] {
  if (positionals.length === names.length) return [...positionals];
  const wants = names.length === 1 ? `${names[0]}` : names.join(' and ');
  throw new ServeError('bad_argument', `it takes ${wants}, and was given ${positionals.length} names`);
}

/** Opens an index file; what is wrong with it becomes an expected failure. */
export function openIndex(path: string): NativeVectorIndex {
  return failing(() => loadAddon().VectorIndex.open(path));
}

/** The key of each vector that has one; null where the index knows them by their rows' numbers. */
export function readNames(index: NativeVectorIndex, path: string): ReadonlyMap<number, Key> | null {
  try {
    return keysOf(index, path)?.keyOf ?? null;
  } catch (cause) {
    throw cause instanceof ServeError ? new FileFailure(cause.detail, { cause }) : cause;
  }
}

/** A file, the disk or the system is at fault, not the call: the message says which and why, alone. */
export class FileFailure extends ServeError {
  constructor(detail: string, options?: ErrorOptions) {
    super('storage', detail, options);
    this.message = detail;
  }
}

/** The addon's errors carry a `code` of FAILURES; here they become the `ServeError` of that code. */
export function failing<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof ServeError || !(cause instanceof Error)) throw cause;
    const { code = '' } = cause as { code?: string };
    if (!loadAddon().failureCodes.includes(code)) throw cause;
    if (code === 'storage') throw new FileFailure(cause.message, { cause });
    throw new ServeError(code as FailureCode, cause.message, { cause });
  }
}
