import type { PastSessions } from '../past-sessions.ts';
import { countPairs } from './pairs.ts';
import type { PairTable } from './pairs.ts';

const WINDOW = 10; // items

/**
 * What came after an item, weight 1/distance: sequential rules (Kamehkhosh, Jannach & Ludewig,
 * RecTemp 2017).
 */
export function followers(past: PastSessions, itemCount: number, lengthPower = 0): PairTable {
  const weight = (distance: number): number => (distance > 0 ? 1 / distance : 0);
  return countPairs(past, itemCount, { window: WINDOW, lengthPower, weight });
}

/** What came before an item: the same rules read backward. Where order is loose they add evidence. */
export function forerunners(past: PastSessions, itemCount: number, lengthPower = 0): PairTable {
  const weight = (distance: number): number => (distance < 0 ? -1 / distance : 0);
  return countPairs(past, itemCount, { window: WINDOW, lengthPower, weight });
}
