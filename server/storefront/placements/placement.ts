import type { Language, Placement, Rules } from '../../wire/schema.ts';
import { PLACEMENTS } from '../../wire/schema.ts';
import type { Relaxable } from '../relax.ts';

/** What is tried where an answer has too few items: a part of the filter less, or others' sources. */
export type Fallback = Relaxable | 'where' | Placement;

/** A place in the shop where answers are shown, and the shop's rules there. */
export interface PlacementRules {
  readonly name: string;
  readonly blend: Placement; // whose weights the sources have: `recommend.json`
  readonly k: number; // items, where a request does not say
  readonly filter?: string; // a condition that holds beside the request's
  readonly rules: Rules;
  readonly boughtDays?: number; // what was bought within so many days is not shown; absent: ever
  readonly excludeSeen?: boolean;
  readonly again?: boolean; // also what was bought before
  readonly fallback?: readonly Fallback[]; // in this order; absent: as without a placement
  readonly itemsMin: number; // fewer begin the fallback
  readonly language?: Language; // of reasons, where a request does not say
}

/**
 * The five that are built in. What a shop has not said is as mild as it can be: a home page and a mail
 * are seen again and again, so there what was shown falls a little; a page about a product, or a cart,
 * shows what goes with it.
 */
export const BUILT_IN_PLACEMENTS: Readonly<Record<Placement, Omit<PlacementRules, 'name' | 'blend'>>> = {
  home: { k: 20, rules: { diversity: 0.1, rotation: 0.1, rotationHours: 24 }, itemsMin: 1 },
  product: { k: 12, rules: {}, itemsMin: 1, fallback: ['exclude_seen', 'price', 'category', 'home'] },
  cart: { k: 8, rules: {}, itemsMin: 1, fallback: ['exclude_seen', 'price', 'category', 'home'] },
  search: { k: 20, rules: { personal: 0.5 }, itemsMin: 1 },
  email: { k: 8, rules: { diversity: 0.2, rotation: 0.3, rotationHours: 336 }, itemsMin: 1 },
};

export type Placements = ReadonlyMap<string, PlacementRules>;

/** The built-in ones, where the shop has said nothing. */
export function builtInPlacements(): Map<string, PlacementRules> {
  return new Map(PLACEMENTS.map((name) => [name, { ...BUILT_IN_PLACEMENTS[name], name, blend: name }]));
}
