import type { Addon, NativeBitmap, NativeFilterIndex } from '../ann/binding.ts';
import { FilterCode } from '../ann/filter-code.ts';
import type { FilterExpression } from '../ann/filter-code.ts';
import type { ItemsListener, Store } from '../store/store.ts';
import type { Filter } from '../wire/schema.ts';

// What the native index knows of an item beside its categories: two flags and one column.
const IN_STOCK = 0;
const DECLARED = 1;
const PRICE = 0;

/**
 * Turns filters into bitmaps over the catalogue's rows, natively: every search, the vectors' and the
 * sessions', reads the one bitmap of its request. The index follows the store's items: what was
 * committed holds for the very next answer.
 */
export class CatalogueFilter {
  readonly #index: NativeFilterIndex;
  readonly #bitmap: NativeBitmap; // for who brings none
  readonly #code = new FilterCode();
  readonly #bounds = new Float64Array(3);
  readonly #categories = new Map<string, number>();
  readonly stop: () => void;

  constructor(
    private readonly store: Pick<Store, 'items' | 'onItems' | 'itemCount' | 'declaredCount'>,
    addon: Pick<Addon, 'FilterIndex' | 'Bitmap'>,
  ) {
    this.#index = new addon.FilterIndex({ flags: 2, columns: 1 });
    this.#bitmap = new addon.Bitmap();
    this.#take([...store.items()]);
    const cancel = store.onItems(this.#take);
    this.stop = () => {
      cancel();
      this.#index.close();
    };
  }

  /**
   * The rows that are listed (`store/listed.ts`) and pass, but for those in `hidden`. Undefined when
   * every item does: no bitmap is the fastest one. It is `into`, filled; a search that has begun may
   * read on when that is filled again.
   */
  allow(
    filter: Filter, hidden: ReadonlySet<number>, into: NativeBitmap = this.#bitmap,
  ): NativeBitmap | undefined {
    const code = this.#code.of({ all: this.#parts(filter, hidden) });
    this.#index.estimate(code, this.#bounds);
    if (this.#bounds[0] === this.store.itemCount) return undefined;
    this.#index.evaluate(code, into);
    return into;
  }

  #parts(filter: Filter, hidden: ReadonlySet<number>): FilterExpression[] {
    const parts: FilterExpression[] = [];
    const { declaredCount, itemCount } = this.store;
    if (declaredCount > 0 && declaredCount < itemCount) parts.push({ flag: DECLARED });
    if (filter.category) parts.push({ category: this.#known(filter.category) });
    if (filter.inStock ?? true) parts.push({ flag: IN_STOCK });
    const { priceMin: min, priceMax: max } = filter;
    if (min !== undefined || max !== undefined) {
      parts.push({ column: PRICE, ...(min !== undefined && { min }), ...(max !== undefined && { max }) });
    }
    if (hidden.size > 0) parts.push({ not: { rows: [...hidden] } });
    return parts;
  }

  /** Categories that no item has ever had have no number, and no items. */
  #known(names: readonly string[]): number[] {
    const known: number[] = [];
    for (const name of names) {
      const number = this.#categories.get(name);
      if (number !== undefined) known.push(number);
    }
    return known;
  }

  #numberOf(category: string): number {
    const known = this.#categories.get(category);
    if (known !== undefined) return known;
    this.#categories.set(category, this.#categories.size);
    return this.#categories.size - 1;
  }

  #take: ItemsListener = (changed) => {
    const gone = changed.filter(({ removed }) => removed);
    if (gone.length > 0) this.#index.remove(Uint32Array.from(gone, ({ row }) => row));
    const items = changed.filter(({ removed }) => !removed);
    const categories: number[] = [];
    const ends = new Uint32Array(items.length);
    const flags = new Uint32Array(items.length);
    const numbers = new Float64Array(items.length);
    items.forEach((item, i) => {
      for (const category of item.categories) categories.push(this.#numberOf(category));
      ends[i] = categories.length;
      flags[i] = (Number(item.inStock) << IN_STOCK) | (Number(item.declared) << DECLARED);
      numbers[i] = Number.isFinite(item.price) ? (item.price as number) : NaN;
    });
    const rows = Uint32Array.from(items, ({ row }) => row);
    this.#index.put(rows, ends, Uint32Array.from(categories), flags, numbers);
  };
}
