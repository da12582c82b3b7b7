import { NO_ID } from '../../../ann/binding.ts';
import type { Addon, Allow, NativeVectorIndex } from '../../../ann/binding.ts';
import type { StoredItem } from '../../../store/store.ts';
import { STOREFRONT_LIMITS } from '../../limits.ts';
import { allows } from '../candidates.ts';
import type { WaitingTexts } from '../../text/catalogue-encoder.ts';
import { TEXT_DIM, textVector } from '../sources/text-vector.ts';

const KNOWN_NEAREST = 64; // neighbours that are remembered of an item,
const KNOWN_MAX = 10_000; // and of so many items: 10 MB

/** A row that is like another by its text. */
export interface TextNeighbour {
  readonly row: number;
  readonly likeness: number; // cosine
}

/**
 * The texts of the catalogue's items as vectors, kept as it goes: title, categories and the shop's own
 * attributes that are text. Character n-grams, 1.3 KB an item, or what an encoder makes of them (then they
 * wait until it has read them); of more than `textItemsMax` the first to come give way.
 */
export class ItemTexts implements WaitingTexts {
  #index: NativeVectorIndex | null = null; // null: of an encoder that has not said how long vectors are
  readonly #texts = new Map<number, string>(); // by row, first come first
  readonly #waiting = new Set<number>(); // rows of which no encoder has read the text
  #wake: () => void = () => {};
  #placed: number[] = []; // read since it was last told
  /** Told of rows that an encoder has read, once none waits: what lies by its text needs all of them. */
  onPlaced: (rows: readonly number[]) => void = () => {};
  readonly #known = new Map<number, readonly TextNeighbour[]>(); // until a text changes

  constructor(
    private readonly addon: Pick<Addon, 'VectorIndex'>,
    private readonly itemsMax: number = STOREFRONT_LIMITS.textItemsMax,
    private readonly by: 'ngrams' | 'encoder' = 'ngrams',
  ) {
    if (by === 'ngrams') this.#index = this.#indexOf(TEXT_DIM);
  }

  get size(): number {
    return this.#texts.size;
  }

  get bytes(): number {
    return this.#index?.bytes ?? 0;
  }

  /** Items that were added, changed or removed; returns the rows whose text is another one now. */
  take(items: readonly StoredItem[]): number[] {
    const changed: number[] = [];
    const put: { row: number; text: string }[] = [];
    for (const item of items) {
      const { row } = item;
      const text = item.removed ? null : textOf(item);
      if ((this.#texts.get(row) ?? null) === text) continue;
      changed.push(row);
      this.#remove(row);
      if (text !== null) put.push({ row, text });
    }
    // Those that would give way at once are not looked at.
    const latest = put.slice(-this.itemsMax);
    if (this.by === 'encoder') this.#wait(latest);
    else this.#read(latest);
    while (this.#texts.size > this.itemsMax) this.#remove(this.#texts.keys().next().value as number);
    if (changed.length > 0) this.#known.clear();
    return changed;
  }

  next(count: number): { row: number; text: string }[] {
    const some: { row: number; text: string }[] = [];
    for (const row of this.#waiting) {
      if (some.length === count) break;
      this.#waiting.delete(row);
      some.push({ row, text: this.#texts.get(row) as string });
    }
    return some;
  }

  place(read: Parameters<WaitingTexts['place']>[0]): void {
    for (const { row, text, vector } of read) {
      if (vector === null || this.#texts.get(row) !== text) continue;
      this.#index ??= this.#indexOf(vector.length);
      this.#index.add(Uint32Array.of(row), vector);
      this.#placed.push(row);
      this.#known.clear();
    }
    if (this.#waiting.size > 0 || this.#placed.length === 0) return;
    this.onPlaced(this.#placed);
    this.#placed = [];
  }

  onWaiting(wake: () => void): void {
    this.#wake = wake;
    if (this.#waiting.size > 0) wake();
  }

  #wait(put: readonly { row: number; text: string }[]): void {
    for (const { row, text } of put) {
      this.#texts.set(row, text);
      this.#waiting.add(row);
    }
    if (put.length > 0) this.#wake();
  }

  #read(put: readonly { row: number; text: string }[]): void {
    const kept = put
      .map(({ row, text }) => ({ row, text, vector: textVector(text) }))
      .filter(({ vector }) => vector !== null);
    const packed = new Float32Array(kept.length * TEXT_DIM);
    kept.forEach(({ row, text, vector }, i) => {
      this.#texts.set(row, text);
      packed.set(vector as Float32Array, i * TEXT_DIM);
    });
    if (kept.length > 0) this.#index?.add(Uint32Array.from(kept, ({ row }) => row), packed);
  }

  has(row: number): boolean {
    return this.#texts.has(row);
  }

  /** Of the rows most like one, those that may be shown; best first, without itself. */
  nearTo(row: number, allow?: Allow): TextNeighbour[] {
    let near = this.#known.get(row);
    if (!near) {
      [near = []] = this.near([row], KNOWN_NEAREST);
      if (this.#known.size >= KNOWN_MAX) this.#known.clear();
      this.#known.set(row, near);
    }
    return near.filter((other) => allows(allow, other.row));
  }

  /** The rows most like each of `rows`, best first, without itself; none for a row without a text. */
  near(rows: readonly number[], k: number, allow?: Allow): TextNeighbour[][] {
    const index = this.#index;
    if (!index) return rows.map(() => []);
    const { dim } = index;
    const all = new Float32Array(rows.length * dim);
    let count = 0;
    const known = rows.filter((row) => {
      const has = this.#texts.has(row) && index.get(row, all.subarray(count * dim, (count + 1) * dim));
      if (has) count += 1;
      return has;
    });
    const queries = all.subarray(0, count * dim);
    const width = k + 1; // itself
    const ids = new Uint32Array(known.length * width);
    const scores = new Float32Array(known.length * width);
    if (known.length > 0) index.search(queries, width, ids, scores, { ...(allow && { allow }) });
    const found = new Map(known.map((row, q) => {
      const near: TextNeighbour[] = [];
      for (let i = q * width; i < (q + 1) * width && ids[i] !== NO_ID; i++) {
        const likeness = scores[i] as number;
        if (ids[i] !== row && likeness > 0) near.push({ row: ids[i] as number, likeness });
      }
      return [row, near.slice(0, k)];
    }));
    return rows.map((row) => found.get(row) ?? []);
  }

  #remove(row: number): void {
    if (!this.#texts.delete(row)) return;
    this.#waiting.delete(row);
    this.#index?.remove(Uint32Array.of(row));
  }

  #indexOf(dim: number): NativeVectorIndex {
    return new this.addon.VectorIndex({ kind: 'exact', dim, metric: 'cosine' });
  }
}

/** What an item says in words; null for one that says no more than its id and categories. */
export function textOf({ id, title, categories, attributes }: StoredItem): string | null {
  const own = Object.values(attributes ?? {}).flat().filter((value) => typeof value === 'string');
  const words = title === id ? own : [title, ...own];
  return words.length === 0 ? null : [...words, ...categories].join(' ');
}
