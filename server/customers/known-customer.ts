import { offsetMs } from '../core/zone.ts';
import type { History } from '../features/history.ts';
import { DAY, DAY_WIDTH, TOTALS } from '../features/layout.ts';
import type { Habits } from './contact.ts';
import type { CustomerPurchases } from './purchases.ts';
import {
  HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES, weekdayOf, writeTimingInputs,
} from './timing-inputs.ts';

export const FEATURES_WIDTH = TIMING_FEATURES.length;
export const HISTORY_WIDTH = HISTORY_LENGTH * HISTORY_CHANNELS.length;

/**
 * The local day at whose end models see a customer: today where they are, or the day of their newest
 * purchase where that zone is ahead. What they say counts from the day after.
 */
export function landmarkOf(
  { days }: CustomerPurchases, { zone }: History, nowMs: number, shopZone: string,
): number {
  const today = Math.floor((nowMs + offsetMs(nowMs, zone === '' ? shopZone : zone)) / 86_400_000);
  return Math.max(today, days[days.length - 1] as number);
}

/** Writes what models of customers read into two rows that are zero. Returns the landmark. */
export function writeCustomer(
  purchases: CustomerPurchases, history: History, nowMs: number, shopZone: string,
  features: Float32Array, at: number, steps: Float32Array, from: number,
): number {
  const landmark = landmarkOf(purchases, history, nowMs, shopZone);
  writeTimingInputs(purchases, landmark, features, at, steps, from);
  return landmark;
}

/** When a customer buys, by the days that are remembered; each day's purchases at the hour of its first. */
export function ownHabits(history: History, into: Habits = emptyHabits()): Habits {
  return shares(into, count(into, history));
}

/** The same of a shop, by `most` customers of those given. */
export function shopHabits(customers: Iterable<readonly [string, History]>, most: number): Habits {
  const habits = emptyHabits();
  let [left, purchases] = [most, 0];
  for (const [, history] of customers) {
    if (left <= 0) break;
    left -= 1;
    purchases += count(habits, history);
  }
  return shares(habits, purchases);
}

export function emptyHabits(): Habits {
  return { weekdays: new Float64Array(7), hours: new Float64Array(24), purchases: 0 };
}

function count({ weekdays, hours }: Habits, { cells, rowCount }: History): number {
  let purchases = 0;
  for (let row = 0; row < rowCount; row += 1) {
    const place = TOTALS + row * DAY_WIDTH;
    const orders = cells[place + DAY.orders] as number;
    if (orders === 0) continue;
    purchases += orders;
    weekdays[weekdayOf(cells[place] as number)]! += orders;
    hours[Math.floor((cells[place + DAY.firstMinute] as number) / 60)]! += orders;
  }
  return purchases;
}

/** Counts to shares, in place; even where there is nothing to count. */
function shares({ weekdays, hours }: Habits, purchases: number): Habits {
  for (const part of [weekdays, hours]) {
    for (let i = 0; i < part.length; i += 1) {
      part[i] = purchases === 0 ? 1 / part.length : (part[i] as number) / purchases;
    }
  }
  return { weekdays, hours, purchases };
}
