import { NO_ID } from '../../../ann/binding.ts';
import type { Addon, Allow, NativeVectorIndex } from '../../../ann/binding.ts';
import type { StoredItem } from '../../../store/store.ts';
import { STOREFRONT_LIMITS } from '../../limits.ts';
import { allows } from '../candidates.ts';
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
 * attributes that are text. 1.3 KB an item; of more than `textItemsMax` the first to come give way.
 */
export class ItemTexts {
  readonly #index: NativeVectorIndex;
  readonly #texts = new Map<number, string>(); // by row in the index, first come first
  readonly #known = new Map<number, readonly TextNeighbour[]>(); // until a text changes

  constructor(
    { VectorIndex }: Pick<Addon, 'VectorIndex'>,
    private readonly itemsMax: number = STOREFRONT_LIMITS.textItemsMax,
  ) {
    this.#index = new VectorIndex({ kind: 'exact', dim: TEXT_DIM, metric: 'cosine' });
  }

  get size(): number {
    return this.#texts.size;
  }

  get bytes(): number {
    return this.#index.bytes;
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
    const kept = put.slice(-this.itemsMax)
      .map(({ row, text }) => ({ row, text, vector: textVector(text) }))
      .filter(({ vector }) => vector !== null);
    const packed = new Float32Array(kept.length * TEXT_DIM);
    kept.forEach(({ row, text, vector }, i) => {
      this.#texts.set(row, text);
      packed.set(vector as Float32Array, i * TEXT_DIM);
    });
    if (kept.length > 0) this.#index.add(Uint32Array.from(kept, ({ row }) => row), packed);
    while (this.#texts.size > this.itemsMax) this.#remove(this.#texts.keys().next().value as number);
    if (changed.length > 0) this.#known.clear();
    return changed;
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
    const known = rows.filter((row) => this.#texts.has(row));
    const queries = new Float32Array(known.length * TEXT_DIM);
    known.forEach((row, q) =>
      this.#index.get(row, queries.subarray(q * TEXT_DIM, (q + 1) * TEXT_DIM)));
    const width = k + 1; // itself
    const ids = new Uint32Array(known.length * width);
    const scores = new Float32Array(known.length * width);
    if (known.length > 0) this.#index.search(queries, width, ids, scores, { ...(allow && { allow }) });
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
    if (this.#texts.delete(row)) this.#index.remove(Uint32Array.of(row));
  }
}

/** What an item says in words; null for one that says no more than its id and categories. */
export function textOf({ id, title, categories, attributes }: StoredItem): string | null {
  const own = Object.values(attributes ?? {}).flat().filter((value) => typeof value === 'string');
  const words = title === id ? own : [title, ...own];
  return words.length === 0 ? null : [...words, ...categories].join(' ');
}
