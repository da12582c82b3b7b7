import type { Prng } from '../core/prng.ts';
import { pick } from './assign.ts';
import type { Explore } from './definition.ts';

/** A slot that tries something: what it could have been, and how probable each was. */
export interface TriedSlot<Item> {
  readonly slot: number; // from 0
  readonly pool: readonly Item[]; // the first is what the list had there
  readonly features: readonly (readonly number[])[]; // of each, as `FEATURES` names them
  readonly propensities: readonly number[];
  readonly chosen: number;
}

/** An item of a slot's pool. */
export interface Offer<Item> {
  readonly item: Item;
  readonly place: number; // in the list, from 0
  readonly best: number; // score of the list's first
}

/** How a slot chooses: what is known of each of its pool, and how probable each is to be shown. */
export type Weigh<Item> = (pool: readonly Offer<Item>[]) => {
  readonly features: readonly (readonly number[])[];
  readonly propensities: readonly number[];
};

/**
 * The list's first `k`, where each `every`-th slot is chosen from what stood there and what comes after
 * the first k. Everything in `list` may be shown: it has passed the filter, so what is tried is in stock
 * and allowed. No item is in the list twice.
 */
export function explore<Item extends { readonly score: number }>(
  list: readonly Item[], k: number, { every, pool: size }: Pick<Explore, 'every' | 'pool'>,
  weigh: Weigh<Item>, prng: Prng,
): { items: Item[]; tried: TriedSlot<Item>[] } {
  const items = list.slice(0, k);
  const best = list[0]?.score ?? 0;
  const waiting = list.slice(k).map((item, i) => ({ item, place: k + i, best }));
  const tried: TriedSlot<Item>[] = [];
  for (let slot = every - 1; slot < items.length && waiting.length > 0; slot += every) {
    const pool = [{ item: items[slot] as Item, place: slot, best }, ...waiting.slice(0, size - 1)];
    const { features, propensities } = weigh(pool);
    const chosen = pick(prng.float(), propensities);
    tried.push({ slot, chosen, pool: pool.map(({ item }) => item), features, propensities });
    if (chosen === 0) continue;
    items[slot] = (pool[chosen] as { item: Item }).item;
    waiting.splice(chosen - 1, 1);
  }
  return { items, tried };
}
