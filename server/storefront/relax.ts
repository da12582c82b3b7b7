import type { Filter } from '../wire/schema.ts';

/** What was bought within so many days is just bought: shown to nobody who did not ask for it. */
export const JUST_BOUGHT_DAYS = 7;

export interface Relaxed {
  readonly filter: Filter;
  readonly without: readonly string[]; // what was left out of it, as the wire spells it
}

/** Parts of a filter that can be left out, in the order in which a shop can do without them. */
export const RELAXABLE = ['exclude_seen', 'exclude_bought', 'price', 'category'] as const;
export type Relaxable = (typeof RELAXABLE)[number];

/**
 * The filter with ever less of it, itself first: what a visitor may find stale goes first, what they
 * have asked for last. The list of excluded items, stock, conditions and what was just bought stay.
 * Pure.
 */
export function relaxations(filter: Filter): Relaxed[] {
  const all: Relaxed[] = [{ filter, without: [] }];
  const dropped: Relaxable[] = [];
  for (const name of RELAXABLE) {
    if (name === 'price' || name === 'category') dropped.push('exclude_seen', 'exclude_bought');
    dropped.push(name);
    const before = all[all.length - 1] as Relaxed;
    if (isUsed(filter, name)) all.push({ filter: without(filter, dropped), without: [...before.without, name] });
  }
  return all;
}

/** Whether the filter has such a part, by default or by what it says. */
export function isUsed(filter: Filter, part: Relaxable): boolean {
  switch (part) {
    case 'exclude_seen': return filter.excludeSeen ?? false;
    case 'exclude_bought': return (filter.excludeBought ?? true) && !isJust(filter.boughtDays);
    case 'price': return filter.priceMin !== undefined || filter.priceMax !== undefined;
    case 'category': return filter.category !== undefined;
  }
}

/** The filter without these parts. What was just bought stays hidden where what was bought is. */
export function without(filter: Filter, parts: readonly Relaxable[]): Filter {
  const { priceMin, priceMax, category, ...rest } = filter;
  const prices = { ...(priceMin !== undefined && { priceMin }), ...(priceMax !== undefined && { priceMax }) };
  const bought = parts.includes('exclude_bought') && isUsed(filter, 'exclude_bought');
  return {
    ...rest,
    ...(!parts.includes('price') && prices),
    ...(category && !parts.includes('category') && { category }),
    ...(parts.includes('exclude_seen') && { excludeSeen: false }),
    ...(bought && { boughtDays: JUST_BOUGHT_DAYS }),
  };
}

function isJust(days: number | undefined): boolean {
  return days !== undefined && days <= JUST_BOUGHT_DAYS;
}
