/**
 * A vector index by keys of the caller's own: strings or 64-bit numbers. Keys become numbers at the
 * door, so searches compare none: results are numbers, and `keyOf` names those that are wanted.
 */
import { ServeError } from '../core/errors.ts';
import type { NativeVectorIndex, VectorIndexConstructor, VectorSearchOptions } from './binding.ts';
import { NO_ID } from './binding.ts';
import { checkedKey, keyNote, keyText, keysOf } from './key-note.ts';
import type { Key, Keys } from './key-note.ts';

export type { Key } from './key-note.ts';

/** Every call that takes a key fails with `bad_argument` for one that is none. */
export class KeyedIndex {
  readonly #index: NativeVectorIndex;
  readonly #idOf: Map<Key, number>;
  readonly #keyOf: Map<number, Key>;
  #next: number; // a number is given once

  /** Takes over an index, which must be empty; `keys` are for `open`. */
  constructor(index: NativeVectorIndex, keys: Keys = { next: 0, idOf: new Map(), keyOf: new Map() }) {
    if (index.size !== keys.idOf.size) {
      const detail = `the index must be empty, it holds ${index.size} vectors that have no key`;
      throw new ServeError('bad_argument', detail);
    }
    this.#index = index;
    this.#idOf = keys.idOf;
    this.#keyOf = keys.keyOf;
    this.#next = keys.next;
  }

  get size(): number {
    return this.#index.size;
  }

  /** The number that stands for a key, in results and in bitmaps; undefined when it is not there. */
  idOf(key: Key): number | undefined {
    return this.#idOf.get(checkedKey(key));
  }

  /** The key of a result; undefined for NO_ID and for what has been removed since. */
  keyOf(id: number): Key | undefined {
    return this.#keyOf.get(id);
  }

  /** `vectors` holds a row for each key. A key that is there is replaced; none may come twice. */
  add(keys: readonly Key[], vectors: Float32Array): void {
    const given = new Map<Key, number>();
    const ids = Uint32Array.from(keys, (key) => {
      const known = this.#idOf.get(checkedKey(key));
      if (known !== undefined) return known;
      const id = this.#next + given.size;
      if (id >= NO_ID) throw new ServeError('bad_argument', 'all 2^32-1 numbers have been given to keys');
      if (given.has(key)) throw twice(key);
      given.set(key, id);
      return id;
    });
    if (given.size < ids.length && new Set(ids).size < ids.length) {
      throw twice(keys.find((key, i) => keys.indexOf(key) < i) as Key);
    }
    this.#index.add(ids, vectors); // throws before anything is changed
    this.#next += given.size;
    for (const [key, id] of given) {
      this.#idOf.set(key, id);
      this.#keyOf.set(id, key);
    }
  }

  /** Returns how many were there. */
  remove(keys: readonly Key[]): number {
    const ids = keys.map((key) => this.idOf(key)).filter((id) => id !== undefined);
    const removed = this.#index.remove(Uint32Array.from(ids));
    for (const id of ids) {
      this.#idOf.delete(this.#keyOf.get(id) as Key);
      this.#keyOf.delete(id);
    }
    return removed;
  }

  has(key: Key): boolean {
    return this.idOf(key) !== undefined;
  }

  /** Copies the key's vector; false when it is not there. */
  get(key: Key, into: Float32Array): boolean {
    const id = this.idOf(key);
    return id !== undefined && this.#index.get(id, into);
  }

  /** As NativeVectorIndex.search: `ids` are numbers, for `keyOf`. */
  search(
    queries: Float32Array, k: number, ids: Uint32Array, scores: Float32Array, options?: VectorSearchOptions,
  ): void {
    this.#index.search(queries, k, ids, scores, options);
  }

  /** Writes vectors and keys to one file, which takes the place of `path` when it is whole. */
  save(path: string): void {
    if (this.#index.size !== this.#idOf.size) {
      const detail = `the index holds ${this.#index.size} vectors, ${this.#idOf.size} of them by a key`;
      throw new ServeError('bad_argument', `${detail}: who else adds to it or removes?`);
    }
    this.#index.save(path, { note: keyNote(this.#next, this.#idOf.size, this.#idOf) });
  }

  /**
   * Opens what `save` wrote, or `vitrine index build` from a file with ids. Fails with `storage`, and
   * the reason, where it cannot be read.
   */
  static open(
    VectorIndex: VectorIndexConstructor, path: string, options?: { isa?: string; mode?: 'map' | 'load' },
  ): KeyedIndex {
    const index = VectorIndex.open(path, options);
    try {
      const keys = keysOf(index, path);
      if (keys) return new KeyedIndex(index, keys);
      throw new ServeError('storage', `${path} holds no keys: its vectors are known by numbers only`);
    } catch (error) {
      index.close();
      throw error;
    }
  }

  close(): void {
    this.#index.close();
  }
}

function twice(key: Key): ServeError {
  return new ServeError('bad_argument', `key ${keyText(key)} comes twice; each may come once`);
}
