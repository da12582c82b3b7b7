import { offsetMs } from '../core/zone.ts';
import type { History } from '../features/history.ts';
import { type Habits, habitsOf } from './contact.ts';
import { madeUpMoments, purchasesOfHistory } from './from-history.ts';
import type { CustomerPurchases } from './purchases.ts';
import { HISTORY_CHANNELS, HISTORY_LENGTH, TIMING_FEATURES, writeTimingInputs } from './timing-inputs.ts';

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

/** When they buy, by the moments that are remembered. */
export function ownHabits(purchases: CustomerPurchases, history: History): Habits {
  const { moments } = purchases;
  return habitsOf([{ ...purchases, moments: moments.subarray(madeUpMoments(history)) }]);
}

/** The same of a shop, by `most` customers of those given. */
export function shopHabits(
  customers: Iterable<readonly [string, History]>, most: number,
): Habits {
  function* some(): Iterable<CustomerPurchases> {
    let left = most;
    for (const [id, history] of customers) {
      if (left <= 0) return;
      left -= 1;
      const purchases = purchasesOfHistory(id, history);
      if (purchases) yield { ...purchases, moments: purchases.moments.subarray(madeUpMoments(history)) };
    }
  }
  return habitsOf(some());
}
