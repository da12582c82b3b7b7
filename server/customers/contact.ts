import type { CustomerPurchases } from './purchases.ts';
import { buyWithin } from './survival.ts';
import { weekdayOf } from './timing-inputs.ts';

/** When a shop's customers buy, or one of them does: shares of the week, Sunday first, and of the day. */
export interface Habits {
  readonly weekdays: Float64Array; // 7 shares
  readonly hours: Float64Array; // 24 shares
  readonly purchases: number;
}

export interface ContactMoment {
  readonly day: number; // since 1970-01-01
  readonly hour: number; // of the customer's clock: an hour before the hour they like best
  readonly uplift: number; // of the day's chance over the mean day's of the fortnight
}

const AHEAD_DAYS = 14;
const PRIOR = 10; // purchases that the shop's habits count for

/** Shares by purchases' own moments; even where a log has days only. */
export function habitsOf(customers: Iterable<CustomerPurchases>, until = Infinity): Habits {
  const weekdays = new Float64Array(7);
  const hours = new Float64Array(24);
  let purchases = 0;
  for (const { moments } of customers) {
    for (const ms of moments) {
      if (ms >= until) break;
      const weekday = weekdayOf(Math.floor(ms / 86_400_000));
      const hour = Math.floor((ms % 86_400_000) / 3_600_000);
      weekdays[weekday] = (weekdays[weekday] as number) + 1;
      hours[hour] = (hours[hour] as number) + 1;
      purchases += 1;
    }
  }
  return { weekdays: shares(weekdays), hours: shares(hours), purchases };
}

/**
 * The rule: of the next fortnight, the day with the highest chance of the next purchase by the
 * hazards, times how much the customer likes its weekday; at the hour before the one they like best.
 * Likes are the customer's own shares, as if they had bought ten times more as everyone does.
 */
export function bestMoment(
  survival: Float64Array, today: number, own: Habits, shop: Habits,
): ContactMoment {
  const like = (mine: Float64Array, all: Float64Array, at: number): number =>
    (own.purchases * (mine[at] as number) + PRIOR * (all[at] as number)) /
      (own.purchases + PRIOR);
  let best = { day: today + 1, chance: -1 };
  let sum = 0;
  let before = 0;
  for (let ahead = 1; ahead <= AHEAD_DAYS; ahead += 1) {
    const day = today + ahead;
    const weekday = weekdayOf(day);
    const by = buyWithin(survival, ahead);
    const chance = (by - before) *
      7 * like(own.weekdays, shop.weekdays, weekday);
    before = by;
    sum += chance;
    if (chance > best.chance) best = { day, chance };
  }
  let hour = 0;
  for (let at = 1; at < 24; at += 1) {
    if (like(own.hours, shop.hours, at) > like(own.hours, shop.hours, hour)) hour = at;
  }
  const uplift = sum > 0 ? (best.chance * AHEAD_DAYS) / sum : 1;
  return { day: best.day, hour: Math.max(0, hour - 1), uplift };
}

function shares(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 1 / counts.length : count / total));
}
