import { loadAddon, type NativeVectorIndex } from '../ann/binding.ts';
import { ServeError } from '../core/errors.ts';

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

/** The addon's errors carry a `code` of FAILURES; here they become the `ServeError` of that code. */
export function failing<T>(work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof ServeError || !(cause instanceof Error)) throw cause;
    if (!loadAddon().failureCodes.includes((cause as { code?: string }).code ?? '')) throw cause;
    throw new ServeError('bad_argument', cause.message, { cause });
  }
}
