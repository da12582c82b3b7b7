import type { EventItem } from '../wire/schema.ts';
import { HISTORY_LIMITS, toMills } from './layout.ts';

/**
 * What one purchase comes to, for whoever counts: histories and the readers of logs alike. Money is
 * of the lines that say a price, in whole thousandths; a line counts as much as a history lets it.
 */
export interface Basket {
  readonly mills: number;
  readonly units: number;
  readonly kinds: number; // different items
}

export function basketOf(items: readonly EventItem[]): Basket {
  let [mills, units] = [0, 0];
  for (const line of items) {
    units += unitsOf(line);
    mills += millsOf(line);
  }
  return { mills, units, kinds: kindsOf(items) };
}

export function unitsOf({ quantity }: EventItem): number {
  return Math.min(HISTORY_LIMITS.quantity, quantity);
}

/** 0 where no price is said. */
export function millsOf(line: EventItem): number {
  return line.price === undefined ? 0 : toMills(line.price * unitsOf(line));
}

function kindsOf(items: readonly EventItem[]): number {
  return items.length < 2 ? items.length : new Set(items.map(({ item }) => item)).size;
}
