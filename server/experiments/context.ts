import type { StoredItem } from '../store/store.ts';
import type { Asker } from '../storefront/trial.ts';
import { FEATURE_COUNTS, FEATURES } from './log-lines.ts';
import { clickRate, type Tried } from './thompson.ts';

/** An item that a slot may show. */
export interface Offered {
  readonly score: number; // of the blend
  readonly best: number; // of the list
  readonly place: number; // in the list, from 0
  readonly tried: Tried;
}

/** `FEATURES` of every method. Pure. */
export function plainFeatures({ score, best, place, tried }: Offered): number[] {
  const share = best > 0 ? score / best : 0;
  return [share, 1 / (place + 1), clickRate(tried), Math.log1p(tried.shown) / 10].map(rounded);
}

type Known = Pick<StoredItem, 'categories' | 'price'>;

/** Those that are `linucb`'s beside: of the visitor, and of the item beside what they look at. Pure. */
export function visitorFeatures({ customer, visit }: Asker, item: Known | undefined): number[] {
  const { items = 0, bought = 0, start } = visit ?? {};
  return [
    Math.log1p(items) / 5,
    customer === undefined ? 0 : 1,
    Math.log1p(bought) / 5,
    start && item ? sameShare(item.categories, start.categories) : 0,
    start && item ? dearer(item.price, start.price) : 0,
  ].map(rounded);
}

/** What LinUCB goes by: a constant, then features that say nothing of how often an item was tried. Pure. */
export function contextOf(features: readonly number[]): number[] {
  return [1, ...CONTEXT.map((at) => features[at] ?? 0)];
}

const CONTEXT = FEATURES.flatMap((name, at) => (name === 'clicked' || name === 'shown' ? [] : [at]));
export const CONTEXT_SIZE = 1 + FEATURE_COUNTS.linucb - 2;

function sameShare(own: readonly string[], other: readonly string[]): number {
  return own.length === 0 ? 0 : own.filter((one) => other.includes(one)).length / own.length;
}

function dearer(own: number | undefined, other: number | undefined): number {
  if (own === undefined || other === undefined || !(own > 0 && other > 0)) return 0;
  return Math.max(-1, Math.min(1, Math.log2(own / other) / 4));
}

/** What is logged is what is learned from, so it is rounded before either. */
function rounded(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}
