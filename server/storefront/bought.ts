import type { ShopEvent } from '../wire/schema.ts';

/**
 * Adds what an event buys or gives back to how many of each row are held. A refund may arrive
 * before its purchase: a count may be negative for a while.
 */
export function countBought(
  bought: Map<number, number>,
  { type, items }: ShopEvent,
  rowOf: (item: string) => number | undefined,
): void {
  if (type !== 'purchase' && type !== 'refund') return;
  for (const { item, quantity } of items) {
    const row = rowOf(item);
    if (row === undefined) continue;
    const left = (bought.get(row) ?? 0) + (type === 'purchase' ? quantity : -quantity);
    if (left === 0) bought.delete(row);
    else bought.set(row, left);
  }
}
