import type { ShopEvent } from '../wire/schema.ts';

/**
 * Adds what an event buys or gives back to how many of each row are held. A refund may arrive
 * before its purchase: a count may be negative for a while.
 */
export function countBought(
  bought: Map<number, number>,
  { type, items, atMs }: ShopEvent,
  rowOf: (item: string) => number | undefined,
  boughtMs?: Map<number, number>, // when each held row was last bought
): void {
  if (type !== 'purchase' && type !== 'refund') return;
  for (const { item, quantity } of items) {
    const row = rowOf(item);
    if (row === undefined) continue;
    const left = (bought.get(row) ?? 0) + (type === 'purchase' ? quantity : -quantity);
    if (left === 0) {
      bought.delete(row);
      boughtMs?.delete(row);
      continue;
    }
    bought.set(row, left);
    if (type === 'purchase' && boughtMs && !((boughtMs.get(row) ?? -Infinity) >= atMs)) boughtMs.set(row, atMs);
  }
}
