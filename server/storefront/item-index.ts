import type { Addon, NativeBitmap, NativeFilterIndex } from '../ann/binding.ts';
import type { FilterExpression } from '../ann/filter-code.ts';
import { FilterCode } from '../ann/filter-code.ts';
import { ATTRIBUTES_NOTE, dateMs, notedTypes, typeOf } from '../store/attributes.ts';
import type { AttributeType, AttributeTypes } from '../store/attributes.ts';
import type { ItemsListener, Store, StoredItem } from '../store/store.ts';
import { ATTRIBUTE_LIMITS } from '../wire/schema.ts';
import type { FieldNode } from './language/ast.ts';
import type { Numbering } from './language/compile.ts';

// What the native index knows of an item beside its categories and the shop's own numbers.
export const IN_STOCK = 0;
export const DECLARED = 1;
export const PRICE = 0;
const COLUMNS_MAX = ATTRIBUTE_LIMITS.numbersMax + 1;

export type IndexedStore = Pick<Store, 'items' | 'item' | 'note' | 'onItems' | 'itemCount' | 'declaredCount'>;

/**
 * The native filter index over a store's items, and the numbers it knows their facts by. Texts and
 * yes-or-no attributes are categories of their own: one number a value, and one for having any. Numbers
 * and dates are columns; where the shop brings one more than there is room for, the index is made anew
 * with twice as many.
 */
export class ItemIndex implements Numbering {
  readonly stockFlag = IN_STOCK;
  readonly stop: () => void;
  readonly #code = new FilterCode();
  readonly #categories = new Map<string, number>();
  readonly #columns = new Map<string, number>();
  #types: Map<string, AttributeType>;
  #columnCount: number;
  #index: NativeFilterIndex;

  constructor(
    private readonly store: IndexedStore,
    private readonly addon: Pick<Addon, 'FilterIndex' | 'Bitmap'>,
  ) {
    this.#types = notedTypes(store.note(ATTRIBUTES_NOTE));
    for (const [name, type] of this.#types) if (isNumeric(type)) this.#takeColumn(name);
    this.#columnCount = Math.min(COLUMNS_MAX, this.#columns.size + 1);
    this.#index = this.#made();
    this.#put([...store.items()]);
    const cancel = store.onItems(this.#take);
    this.stop = () => {
      cancel();
      this.#index.close();
    };
  }

  /** Of the shop's own attributes. A new map when there is one more. */
  get types(): AttributeTypes {
    return this.#types;
  }

  get bytes(): number {
    return this.#index.bytes;
  }

  /** Fills `into` with the rows that pass. */
  evaluate(expression: FilterExpression, into: NativeBitmap): void {
    this.#index.evaluate(this.#code.of(expression), into);
  }

  /** As `NativeFilterIndex.estimate`. */
  estimate(expression: FilterExpression, into: Float64Array): void {
    this.#index.estimate(this.#code.of(expression), into);
  }

  /** Undefined for a category that no item has ever had. */
  categoryNumber(category: string): number | undefined {
    return this.#categories.get(category);
  }

  valueNumber({ name, quoted }: FieldNode, value: string): number | undefined {
    return this.#categories.get(!quoted && name === 'category' ? value : valueKey(name, value));
  }

  hasNumber({ name, quoted }: FieldNode): number | undefined {
    return this.#categories.get(!quoted && name === 'category' ? ANY_CATEGORY : hasKey(name));
  }

  column({ name, quoted }: FieldNode): number | undefined {
    return !quoted && name === 'price' ? PRICE : this.#columns.get(name);
  }

  rowOf(id: string): number | undefined {
    return this.store.item(id)?.row;
  }

  #made(): NativeFilterIndex {
    return new this.addon.FilterIndex({ flags: 2, columns: this.#columnCount });
  }

  #take: ItemsListener = (changed) => {
    if (this.#learnTypes(changed)) {
      this.#index.close();
      this.#index = this.#made();
      this.#put([...this.store.items()]); // the changed ones among them
      return;
    }
    const gone = changed.filter(({ removed }) => removed);
    if (gone.length > 0) this.#index.remove(Uint32Array.from(gone, ({ row }) => row));
    this.#put(changed);
  };

  /** Whether the index has become too narrow for what the items bring along. */
  #learnTypes(items: readonly StoredItem[]): boolean {
    let types: Map<string, AttributeType> | null = null;
    for (const { attributes } of items) {
      for (const name in attributes) {
        if ((types ?? this.#types).has(name)) continue;
        const type = typeOf(attributes[name] as string);
        if (type === null) continue;
        types ??= new Map(this.#types);
        types.set(name, type);
        if (isNumeric(type)) this.#takeColumn(name);
      }
    }
    if (types) this.#types = types;
    if (this.#columns.size + 1 <= this.#columnCount) return false;
    this.#columnCount = Math.min(COLUMNS_MAX, Math.max(2 * this.#columnCount, this.#columns.size + 1));
    return true;
  }

  #takeColumn(name: string): void {
    if (this.#columns.size + 1 < COLUMNS_MAX) this.#columns.set(name, this.#columns.size + 1);
  }

  #put(items: readonly StoredItem[]): void {
    const there = items.filter(({ removed }) => !removed);
    const categories: number[] = [];
    const ends = new Uint32Array(there.length);
    const flags = new Uint32Array(there.length);
    const numbers = new Float64Array(there.length * this.#columnCount).fill(NaN);
    there.forEach((item, i) => {
      for (const category of item.categories) categories.push(this.#numberOf(category));
      if (item.categories.length > 0) categories.push(this.#numberOf(ANY_CATEGORY));
      const at = i * this.#columnCount;
      numbers[at + PRICE] = Number.isFinite(item.price) ? (item.price as number) : NaN;
      if (item.attributes) this.#putAttributes(item.attributes, categories, numbers.subarray(at));
      ends[i] = categories.length;
      flags[i] = (Number(item.inStock) << IN_STOCK) | (Number(item.declared) << DECLARED);
    });
    const rows = Uint32Array.from(there, ({ row }) => row);
    this.#index.put(rows, ends, Uint32Array.from(categories), flags, numbers);
  }

  #putAttributes(
    attributes: NonNullable<StoredItem['attributes']>, categories: number[], numbers: Float64Array,
  ): void {
    for (const [name, value] of Object.entries(attributes)) {
      const type = this.#types.get(name);
      if (type === undefined) continue; // an empty list: nothing
      if (isNumeric(type)) {
        const number = typeof value === 'string' ? dateMs(value) : value;
        const column = this.#columns.get(name);
        if (typeof number === 'number' && column !== undefined) numbers[column] = number;
        continue;
      }
      const values = typeof value === 'object' ? value : [String(value)];
      for (const one of values) categories.push(this.#numberOf(valueKey(name, one)));
      if (values.length > 0) categories.push(this.#numberOf(hasKey(name)));
    }
  }

  #numberOf(key: string): number {
    const known = this.#categories.get(key);
    if (known !== undefined) return known;
    this.#categories.set(key, this.#categories.size);
    return this.#categories.size - 1;
  }
}

// Names and values have no control characters: none of these is a category.
const ANY_CATEGORY = '\u0002';

function valueKey(name: string, value: string): string {
  return `\u0001${name}\u0001${value}`;
}

function hasKey(name: string): string {
  return `\u0002${name}`;
}

function isNumeric(type: AttributeType): boolean {
  return type === 'number' || type === 'date';
}
