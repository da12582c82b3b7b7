import type { ItemsListener, Store, StoredItem } from '../store/store.ts';
import type { Filter } from '../wire/schema.ts';

/** Bit `row % 32` of word `row >> 5`, as the native searches read it. */
export type Bitmap = Uint32Array;

/** Whether one item passes, said as plainly as can be: the oracle of the bitmaps. */
export function passes(item: StoredItem, filter: Filter, hidden: ReadonlySet<number>): boolean {
  if (hidden.has(item.row)) return false;
  if ((filter.inStock ?? true) && !item.inStock) return false;
  if (filter.category === undefined) return true;
  return filter.category.some((category) => item.categories.includes(category));
}

/**
 * Turns filters into bitmaps over the catalogue's rows. One bitmap a category and one of what is
 * in stock are kept, and follow the store's items, so that a filter is a few passes over words.
 */
export class CatalogueFilter {
  readonly #categories = new Map<string, Bitmap>();
  readonly #seen: StoredItem[] = []; // by row, as the bitmaps know them
  #all: Bitmap = new Uint32Array(32);
  #inStock: Bitmap = new Uint32Array(32);
  #outOfStock = 0; // items
  readonly stop: () => void;

  constructor(store: Pick<Store, 'items' | 'onItems'>) {
    this.#take([...store.items()]);
    this.stop = store.onItems((items) => this.#take(items));
  }

  /**
   * The rows that pass, but for those in `hidden`. Undefined when every item does: no bitmap is
   * the fastest one. The bitmap is the caller's.
   */
  allow(filter: Filter, hidden: ReadonlySet<number>): Bitmap | undefined {
    const stockMatters = (filter.inStock ?? true) && this.#outOfStock > 0;
    if (!stockMatters && filter.category === undefined && hidden.size === 0) return undefined;

    const bits = filter.category ? this.#anyOf(filter.category) : this.#all.slice(0, this.#words);
    if (stockMatters) intersect(bits, this.#inStock);
    for (const row of hidden) clear(bits, row);
    return bits;
  }

  get #words(): number {
    return (this.#seen.length + 31) >>> 5;
  }

  #anyOf(categories: readonly string[]): Bitmap {
    const bits = new Uint32Array(this.#words);
    for (const category of categories) {
      const posting = this.#categories.get(category);
      if (posting) unite(bits, posting);
    }
    return bits;
  }

  #take: ItemsListener = (items) => {
    for (const item of items) {
      const before = this.#seen[item.row];
      this.#seen[item.row] = item;
      this.#all = set(this.#all, item.row);
      if (before && !before.inStock) this.#outOfStock -= 1;
      if (!item.inStock) this.#outOfStock += 1;
      if (item.inStock) this.#inStock = set(this.#inStock, item.row);
      else clear(this.#inStock, item.row);
      for (const category of before?.categories ?? []) {
        clear(this.#categories.get(category) as Bitmap, item.row);
      }
      for (const category of item.categories) {
        const posting = this.#categories.get(category) ?? new Uint32Array(0);
        this.#categories.set(category, set(posting, item.row));
      }
    }
  };
}

/** The same bitmap, or a longer copy where the row lies beyond its end. */
function set(bits: Bitmap, row: number): Bitmap {
  let into = bits;
  if (row >>> 5 >= bits.length) {
    // Doubled, so that a catalogue may grow one by one.
    into = new Uint32Array(Math.max((row >>> 5) + 1, bits.length * 2));
    into.set(bits);
  }
  into[row >>> 5]! |= 1 << (row & 31);
  return into;
}

function clear(bits: Bitmap, row: number): void {
  if (row >>> 5 < bits.length) bits[row >>> 5]! &= ~(1 << (row & 31));
}

/** A posting may be shorter or longer than the catalogue: beyond its end it has no rows. */
function unite(bits: Bitmap, posting: Bitmap): void {
  const words = Math.min(bits.length, posting.length);
  for (let w = 0; w < words; w++) bits[w]! |= posting[w]!;
}

function intersect(bits: Bitmap, posting: Bitmap): void {
  for (let w = 0; w < bits.length; w++) bits[w]! &= posting[w] ?? 0;
}
