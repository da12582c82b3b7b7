import type { Prng } from '../core/prng.ts';
import type { DemoItem } from './catalogue.ts';
import { seasonFactor } from './calendar.ts';
import { CATEGORY_WORDS, type Style } from './words.ts';

/** Who visits: tastes that stay the same from visit to visit. */
export interface Shopper {
  readonly customer?: string; // absent: a visitor the shop does not know
  readonly style: Style;
  /** Standing interest in each category; mean 1. */
  readonly interests: readonly number[];
  /** Factor on the prices that feel right. */
  readonly budget: number;
  /** Readiness to buy, added to the log odds. */
  readonly ease: number;
}

/** What brings a shopper in. Most only look; few come to buy. */
const MISSIONS = {
  browse: { share: 0.6, views: 2.2, cart: -5.0, purchase: -1.7, revisit: 0.05, focus: 0.72 },
  compare: { share: 0.28, views: 4.6, cart: -4.0, purchase: -0.9, revisit: 0.13, focus: 0.9 },
  buy: { share: 0.12, views: 3.4, cart: -2.1, purchase: 0.7, revisit: 0.09, focus: 0.85 },
} as const;
export type Mission = (typeof MISSIONS)[keyof typeof MISSIONS];

export function makeShopper(prng: Prng, customer?: string): Shopper {
  return {
    ...(customer === undefined ? {} : { customer }),
    style: [prng.normal(), prng.normal(), prng.normal(), prng.normal()],
    interests: CATEGORY_WORDS.map(({ share }) => share * Math.exp(0.9 * prng.normal() - 0.4)),
    budget: Math.exp(0.45 * prng.normal()),
    ease: 0.5 * prng.normal(),
  };
}

export function pickMission(prng: Prng): Mission {
  let left = prng.float();
  for (const mission of Object.values(MISSIONS)) {
    left -= mission.share;
    if (left < 0) return mission;
  }
  return MISSIONS.browse;
}

/** The category a visit is about, by interest and season. */
export function pickCategory(prng: Prng, shopper: Shopper, atMs: number): number {
  const weights = shopper.interests.map((interest, category) =>
    interest * seasonFactor(category, atMs));
  return drawPlace(prng, weights);
}

/** How well an item suits a shopper, about -3..3: style, and a price that fits the purse. */
export function suits(shopper: Shopper, item: DemoItem, price: number): number {
  let match = 0;
  item.style.forEach((value, axis) => { match += value * (shopper.style[axis] as number); });
  const typical = (CATEGORY_WORDS[item.category]?.price ?? 1) * shopper.budget;
  const overPrice = Math.log(price / typical);
  return 0.45 * match - 0.9 * Math.max(0, overPrice) ** 2 - 0.2 * Math.abs(overPrice);
}

/** A place of `weights`, drawn in proportion; they are not negative, and one is positive. */
export function drawPlace(prng: Prng, weights: readonly number[]): number {
  let total = 0;
  for (const weight of weights) total += weight;
  let left = prng.float() * total;
  for (let place = 0; place < weights.length; place += 1) {
    left -= weights[place] as number;
    if (left < 0) return place;
  }
  return weights.length - 1; // rounding ate the last sliver
}
