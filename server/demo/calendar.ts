/**
 * How demand moves with the time: hours and weekdays, months, and each week's promotions. Pure
 * functions of the time (UTC) and a seed.
 */
import { Prng } from '../core/prng.ts';
import type { DemoItem } from './catalogue.ts';
import { CATEGORY_WORDS } from './words.ts';

const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;

/** Visits by hour of the day: quiet nights, a lunch bump, an evening peak. The mean is 1. */
const HOURS = [
  0.35, 0.2, 0.15, 0.1, 0.1, 0.2, 0.4, 0.7, 0.9, 1.1, 1.2, 1.3,
  1.45, 1.35, 1.15, 1.1, 1.15, 1.3, 1.5, 1.85, 2.1, 2.05, 1.5, 0.8,
];
/** Sunday first. */
const WEEKDAYS = [1.25, 1.05, 0.95, 0.9, 0.9, 0.95, 1];

/** The most that `visitRate` returns. */
export const VISIT_RATE_MAX = 2.1 * 1.25;

/** Visits at `atMs` beside the mean of the week. */
export function visitRate(atMs: number): number {
  const at = new Date(atMs);
  return (HOURS[at.getUTCHours()] as number) * (WEEKDAYS[at.getUTCDay()] as number);
}

/** Demand of a category in the month of `atMs`; 1 is the year's mean. */
export function seasonFactor(category: number, atMs: number): number {
  return CATEGORY_WORDS[category]?.season[new Date(atMs).getUTCMonth()] ?? 1;
}

export interface Promotions {
  readonly week: number; // since the epoch
  /** Share off the price, 0.1..0.3, by place in the catalogue. */
  readonly discounts: ReadonlyMap<number, number>;
}

const PROMOTED_ITEMS = 24;

export function weekOf(atMs: number): number {
  return Math.floor(atMs / WEEK_MS);
}

/** What is on offer in a week: a few items of one category, and single ones all over the shop. */
export function promotions(catalogue: readonly DemoItem[], seed: number, week: number): Promotions {
  const prng = new Prng(seed * 7919 + week);
  const category = prng.below(CATEGORY_WORDS.length);
  const places = catalogue.map((_, place) => place);
  const inCategory = places.filter((place) => catalogue[place]?.category === category);
  const discounts = new Map<number, number>();
  for (let i = 0; i < PROMOTED_ITEMS; i += 1) {
    const place = prng.pick(i % 2 === 0 && inCategory.length > 0 ? inCategory : places);
    discounts.set(place, 0.1 + 0.05 * prng.below(5));
  }
  return { week, discounts };
}
