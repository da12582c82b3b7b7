import type { Filter } from '../wire/schema.ts';

export interface Relaxed {
  readonly filter: Filter;
  readonly without: readonly string[]; // what was left out of it, as the wire spells it
}

/**
 * The filter with ever less of it, itself first: what a visitor may find stale goes first, what a
 * shop cannot sell them last. The list of excluded items always stays. Pure.
 */
export function relaxations(filter: Filter): Relaxed[] {
  const { priceMin, priceMax, ...anyPrice } = filter;
  const { category, ...anyCategory } = anyPrice;
  const priced = priceMin !== undefined || priceMax !== undefined;
  const steps: readonly (readonly [string, boolean, Filter])[] = [
    ['exclude_seen', filter.excludeSeen ?? false, { ...filter, excludeSeen: false }],
    ['exclude_bought', filter.excludeBought ?? true, { ...filter, ...SHOWN }],
    ['price', priced, { ...anyPrice, ...SHOWN }],
    ['category', category !== undefined, { ...anyCategory, ...SHOWN }],
    ['in_stock', filter.inStock ?? true, { ...anyCategory, ...SHOWN, inStock: false }],
  ];
  const all: Relaxed[] = [{ filter, without: [] }];
  for (const [name, used, relaxed] of steps) {
    const before = all[all.length - 1] as Relaxed;
    if (used) all.push({ filter: relaxed, without: [...before.without, name] });
  }
  return all;
}

const SHOWN = { excludeSeen: false, excludeBought: false } as const;
