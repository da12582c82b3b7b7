/**
 * A vector index by keys of the caller's own: strings or 64-bit numbers. Keys become numbers at the
 * door, so searches compare none: results are numbers, and `keyOf` names those that are wanted.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { ServeError } from '../core/errors.ts';
import type { NativeVectorIndex, VectorIndexConstructor, VectorSearchOptions } from './binding.ts';
import { NO_ID } from './binding.ts';

export type Key = string | bigint;

interface KeyFile {
  readonly format: 'vitrine keys 1';
  readonly next: number;
  readonly ids: readonly number[];
  readonly strings: readonly string[]; // of the first ids
  readonly numbers: readonly string[]; // of the others, decimal: JSON has no 64-bit numbers
}

export class KeyedIndex {
  readonly #index: NativeVectorIndex;
  readonly #idOf = new Map<Key, number>();
  readonly #keyOf = new Map<number, Key>();
  #next = 0; // a number is given once: a file of keys then fits an index saved before or after it

  /** Takes over an index that is empty, or one that `open` read. */
  constructor(index: NativeVectorIndex) {
    this.#index = index;
  }

  get size(): number {
    return this.#index.size;
  }

  /** The number that stands for a key, in results and in bitmaps; undefined when it is not there. */
  idOf(key: Key): number | undefined {
    return this.#idOf.get(key);
  }

  /** The key of a result; undefined for NO_ID and for what has been removed since. */
  keyOf(id: number): Key | undefined {
    return this.#keyOf.get(id);
  }

  /** `vectors` holds a row for each key. A key that is there is replaced. */
  add(keys: readonly Key[], vectors: Float32Array): void {
    const given = new Map<Key, number>();
    const ids = Uint32Array.from(keys, (key) => {
      const id = this.#idOf.get(key) ?? given.get(key) ?? this.#next + given.size;
      if (id >= NO_ID) throw new ServeError('bad_argument', 'all 2^32-1 numbers have been given to keys');
      if (!this.#idOf.has(key)) given.set(key, id);
      return id;
    });
    this.#index.add(ids, vectors); // throws before anything is changed
    this.#next += given.size;
    for (const [key, id] of given) this.#name(key, id);
  }

  /** Returns how many were there. */
  remove(keys: readonly Key[]): number {
    const ids = keys.map((key) => this.#forget(key)).filter((id) => id !== undefined);
    return this.#index.remove(Uint32Array.from(ids));
  }

  has(key: Key): boolean {
    return this.#idOf.has(key);
  }

  /** Copies the key's vector; false when it is not there. */
  get(key: Key, into: Float32Array): boolean {
    const id = this.#idOf.get(key);
    return id !== undefined && this.#index.get(id, into);
  }

  /** As NativeVectorIndex.search: `ids` are numbers, for `keyOf`. */
  search(
    queries: Float32Array, k: number, ids: Uint32Array, scores: Float32Array, options?: VectorSearchOptions,
  ): void {
    this.#index.search(queries, k, ids, scores, options);
  }

  /** Writes `path` and, before it, `path.keys`. Whichever of two saves they are from, `open` reads them. */
  save(path: string): void {
    const entries = [...this.#idOf].sort(([a], [b]) => (typeof a === typeof b ? 0 : typeof a === 'string' ? -1 : 1));
    const strings = entries.filter(([key]) => typeof key === 'string').map(([key]) => key as string);
    const file: KeyFile = {
      format: 'vitrine keys 1',
      next: this.#next,
      ids: entries.map(([, id]) => id),
      strings,
      numbers: entries.slice(strings.length).map(([key]) => String(key)),
    };
    replaceFile(`${path}.keys`, JSON.stringify(file));
    this.#index.save(path);
  }

  /** Opens what `save` wrote. Fails with `storage`, and the reason, where it cannot be read. */
  static open(
    VectorIndex: VectorIndexConstructor, path: string, options?: { isa?: string; mode?: 'map' | 'load' },
  ): KeyedIndex {
    const file = readKeyFile(`${path}.keys`);
    const keyed = new KeyedIndex(VectorIndex.open(path, options));
    keyed.#next = file.next;
    file.ids.forEach((id, i) => {
      const string = file.strings[i];
      // A key whose vector was saved only after this file is not there; its number is not given again.
      if (!keyed.#index.has(id)) return;
      keyed.#name(string ?? BigInt(file.numbers[i - file.strings.length] as string), id);
    });
    keyed.#dropNameless();
    return keyed;
  }

  close(): void {
    this.#index.close();
  }

  #name(key: Key, id: number): void {
    this.#idOf.set(key, id);
    this.#keyOf.set(id, key);
  }

  /** Vectors whose keys had been removed when the keys were saved. */
  #dropNameless(): void {
    if (this.#index.size === this.#idOf.size) return;
    const nameless: number[] = [];
    for (let id = 0; id < this.#next; id += 1) {
      if (!this.#keyOf.has(id) && this.#index.has(id)) nameless.push(id);
    }
    this.#index.remove(Uint32Array.from(nameless));
  }

  #forget(key: Key): number | undefined {
    const id = this.#idOf.get(key);
    if (id === undefined) return undefined;
    this.#idOf.delete(key);
    this.#keyOf.delete(id);
    return id;
  }
}

function readKeyFile(path: string): KeyFile {
  let file: Partial<KeyFile>;
  try {
    file = JSON.parse(readFileSync(path, 'utf8')) as Partial<KeyFile>;
  } catch (cause) {
    throw new ServeError('storage', `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  const { format, next, ids, strings, numbers } = file ?? {};
  const whole = (value: unknown): value is number =>
    Number.isInteger(value) && (value as number) >= 0 && (value as number) <= NO_ID;
  const sound =
    format === 'vitrine keys 1' && whole(next) && Array.isArray(ids) && Array.isArray(strings) &&
    Array.isArray(numbers) && ids.length === strings.length + numbers.length &&
    ids.every((id) => whole(id) && id < next) && strings.every((key) => typeof key === 'string') &&
    numbers.every((key) => typeof key === 'string' && /^-?\d+$/.test(key));
  if (!sound) throw new ServeError('storage', `${path} is damaged, or no file of keys`);
  return file as KeyFile;
}

/** Never half a file under the name. */
function replaceFile(path: string, text: string): void {
  const part = `${path}.${process.pid}.part`;
  try {
    const fd = openSync(part, 'w');
    try {
      writeSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(part, path);
  } catch (cause) {
    throw new ServeError('storage', `cannot write ${path}: ${(cause as Error).message}`, { cause });
  }
}
