import type { Addon, NativeBitmap } from '../ann/binding.ts';
import type { FilterExpression } from '../ann/filter-code.ts';
import type { Filter } from '../wire/schema.ts';
import { ItemIndex } from './item-index.ts';
import type { IndexedStore } from './item-index.ts';
import { DECLARED, IN_STOCK, PRICE } from './item-index.ts';
import type { Node } from './language/ast.ts';
import { compile } from './language/compile.ts';
import type { Setting } from './language/evaluate.ts';
import { print } from './language/print.ts';
import { Expressions } from './language/expressions.ts';

/** Conditions that hold beside a request's filter, checked, and what they are asked in. */
export interface Conditions {
  readonly all: readonly Node[];
  readonly setting: Setting;
}

/** One part of a filter, as callers write it. */
export interface Clause {
  readonly clause: string;
  readonly expression: FilterExpression;
}

const KEPT_MAX = 256; // filters whose rows are remembered: a bit an item each
const NONE: ReadonlySet<number> = new Set();

/**
 * Turns filters into bitmaps over the catalogue's rows, natively: every search, the vectors' and the
 * sessions', reads the one bitmap of its request. The index follows the store's items: what was
 * committed holds for the very next answer.
 */
export class CatalogueFilter {
  readonly #index: ItemIndex;
  readonly #bitmap: NativeBitmap; // for who brings none
  readonly #bounds = new Float64Array(3);
  readonly #kept = new Map<string, NativeBitmap | undefined>(); // by filter, until an item changes
  readonly #forget: () => void;
  readonly expressions: Expressions;

  constructor(
    private readonly store: IndexedStore,
    private readonly addon: Pick<Addon, 'FilterIndex' | 'Bitmap'>,
  ) {
    this.#index = new ItemIndex(store, addon);
    this.#bitmap = new addon.Bitmap();
    this.expressions = new Expressions(() => this.#index.types);
    this.#forget = store.onItems(() => this.#kept.clear());
  }

  stop(): void {
    this.#forget();
    this.#index.stop();
  }

  /**
   * The rows that are listed (`store/listed.ts`) and pass, but for those in `hidden`. Undefined when
   * every item does: no bitmap is the fastest one. It is `into`, filled; a search that has begun may
   * read on when that is filled again.
   */
  allow(
    filter: Filter, hidden: ReadonlySet<number>, into: NativeBitmap = this.#bitmap,
    conditions?: Conditions,
  ): NativeBitmap | undefined {
    const all = this.#parts(filter, hidden, conditions);
    this.#index.estimate({ all }, this.#bounds);
    if (this.#bounds[0] === this.store.itemCount) return undefined;
    this.#index.evaluate({ all }, into);
    return into;
  }

  /**
   * The same without rows that this visitor alone may not see: those of a filter are looked for once, as
   * long as no item changes. Nobody may write to it.
   */
  shared(filter: Filter): NativeBitmap | undefined {
    const { category, inStock, priceMin, priceMax } = filter;
    const named = category ? `\n${category.join('\n')}` : ''; // ids hold no line ends
    const key = `${inStock ?? true} ${priceMin} ${priceMax}${named}`;
    if (this.#kept.has(key)) return this.#kept.get(key);
    if (this.#kept.size >= KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value as string);
    const rest = {
      ...(category && { category }), ...(inStock !== undefined && { inStock }),
      ...(priceMin !== undefined && { priceMin }), ...(priceMax !== undefined && { priceMax }),
    };
    const found = this.allow(rest, NONE, new this.addon.Bitmap());
    this.#kept.set(key, found);
    return found;
  }

  /** How many items each part of a filter lets pass by itself, in words; for who looks into an answer. */
  counts(
    filter: Filter, hidden: ReadonlySet<number>, conditions?: Conditions,
  ): { readonly clause: string; readonly passes: number }[] {
    return this.#clauses(filter, hidden, conditions).map(({ clause, expression }) => {
      this.#index.evaluate(expression, this.#bitmap);
      return { clause, passes: this.#bitmap.count };
    });
  }

  #parts(filter: Filter, hidden: ReadonlySet<number>, conditions?: Conditions): FilterExpression[] {
    const parts: FilterExpression[] = [];
    const { declaredCount, itemCount } = this.store;
    if (declaredCount > 0 && declaredCount < itemCount) parts.push({ flag: DECLARED });
    if (filter.category) parts.push({ category: this.#known(filter.category) });
    if (filter.inStock ?? true) parts.push({ flag: IN_STOCK });
    const { priceMin: min, priceMax: max } = filter;
    if (min !== undefined || max !== undefined) {
      parts.push({ column: PRICE, ...(min !== undefined && { min }), ...(max !== undefined && { max }) });
    }
    for (const node of conditions?.all ?? []) {
      parts.push(compile(node, this.#index, (conditions as Conditions).setting));
    }
    if (hidden.size > 0) parts.push({ not: { rows: [...hidden] } });
    return parts;
  }

  /** The parts one by one; a condition's own ones where they all must hold. */
  #clauses(filter: Filter, hidden: ReadonlySet<number>, conditions?: Conditions): Clause[] {
    const { category, priceMin, priceMax, inStock } = filter;
    const own: [string, Filter][] = [
      ...(category ? [[`category: ${category.join(', ')}`, { category, inStock: false }]] : []),
      ...(inStock ?? true ? [['in_stock', {}]] : []),
      ...(priceMin !== undefined ? [[`price_min: ${priceMin}`, { priceMin, inStock: false }]] : []),
      ...(priceMax !== undefined ? [[`price_max: ${priceMax}`, { priceMax, inStock: false }]] : []),
    ] as [string, Filter][];
    const none: ReadonlySet<number> = new Set();
    const clauses: Clause[] = own.map(([clause, one]) =>
      ({ clause, expression: { all: this.#parts(one, none) } }));
    for (const node of conditions?.all ?? []) {
      for (const part of node.kind === 'all' ? node.parts : [node]) {
        const { setting } = conditions as Conditions;
        clauses.push({ clause: print(part), expression: compile(part, this.#index, setting) });
      }
    }
    if (hidden.size > 0) {
      clauses.push({ clause: 'not hidden', expression: { not: { rows: [...hidden] } } });
    }
    return clauses;
  }

  /** Categories that no item has ever had have no number, and no items. */
  #known(names: readonly string[]): number[] {
    return names.map((name) => this.#index.categoryNumber(name)).filter((number) => number !== undefined);
  }
}
