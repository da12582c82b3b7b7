import type { Prng } from '../core/prng.ts';
import { pick } from './assign.ts';
import type { Explore } from './definition.ts';
import { clickRate, type Posteriors, propensities, type Tried } from './thompson.ts';

/** A slot that tries something: what it could have been, and how probable each was. */
export interface TriedSlot<Item> {
  readonly slot: number; // from 0
  readonly pool: readonly Item[]; // the first is what the list had there
  readonly features: readonly (readonly number[])[]; // of each, as `FEATURES` names them
  readonly propensities: readonly number[];
  readonly chosen: number;
}

/**
 * The list's first `k`, where each `every`-th slot is chosen from what stood there and what comes after
 * the first k. Everything in `list` may be shown: it has passed the filter, so what is tried is in stock
 * and allowed. No item is in the list twice.
 */
export function explore<Item extends { readonly score: number }>(
  list: readonly Item[], k: number, { every, pool: size, uniform }: Explore,
  triedOf: (item: Item) => Tried, posteriors: Posteriors, prng: Prng,
): { items: Item[]; tried: TriedSlot<Item>[] } {
  const items = list.slice(0, k);
  const waiting = list.slice(k).map((item, i) => ({ item, place: k + i }));
  const best = list[0]?.score ?? 0;
  const tried: TriedSlot<Item>[] = [];
  for (let slot = every - 1; slot < items.length && waiting.length > 0; slot += every) {
    const pool = [{ item: items[slot] as Item, place: slot }, ...waiting.slice(0, size - 1)];
    const known = pool.map(({ item }) => triedOf(item));
    const shares = propensities(known.map((one) => posteriors.of(one)), uniform);
    const chosen = pick(prng.float(), shares);
    tried.push({
      slot, chosen,
      pool: pool.map(({ item }) => item),
      features: pool.map(({ item, place }, i) => featuresOf(item.score, best, place, known[i] as Tried)),
      propensities: shares,
    });
    if (chosen === 0) continue;
    items[slot] = (pool[chosen] as { item: Item }).item;
    waiting.splice(chosen - 1, 1);
  }
  return { items, tried };
}

function featuresOf(score: number, best: number, place: number, tried: Tried): number[] {
  const share = best > 0 ? score / best : 0;
  return [share, 1 / (place + 1), clickRate(tried), Math.log1p(tried.shown) / 10].map(rounded);
}

/** What is logged is what is learned from, so it is rounded before either. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
