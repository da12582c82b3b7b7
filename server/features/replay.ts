import { FEATURES, featuresAt } from './registry.ts';
import { History, type ShopFacts } from './history.ts';
import type { ShopEvent } from '../wire/schema.ts';

/** An event that is credited to a customer, whether or not it names them itself. */
export interface Credited {
  readonly customer: string;
  readonly event: ShopEvent;
  /** When it was known whose it is: its own time, or later, when its visitor made themselves known. */
  readonly knownMs: number;
}

/**
 * What is known of each customer at each landmark, by the accumulator that a live server has: calls
 * `each` once for every landmark, with the histories of all customers of whom anything was known by
 * then. Nothing of later is in them. Events may be in any order, and those of one id count once.
 */
export function replay(
  credited: readonly Credited[], landmarks: readonly number[], shop: ShopFacts,
  each: (landmark: number, histories: ReadonlyMap<string, History>) => void,
): void {
  const inOrder = [...credited].sort((a, b) => a.knownMs - b.knownMs);
  const histories = new Map<string, History>();
  const seen = new Set<string>();
  let next = 0;
  for (const landmark of [...landmarks].sort((a, b) => a - b)) {
    for (; next < inOrder.length; next++) {
      const { customer, event, knownMs } = inOrder[next] as Credited;
      if (knownMs > landmark) break;
      if (seen.has(event.id)) continue;
      seen.add(event.id);
      let history = histories.get(customer);
      if (!history) histories.set(customer, (history = new History()));
      history.take(event, shop);
    }
    each(landmark, histories);
  }
}

/** A column for each feature, in the order of `FEATURES`, with one row for each history. */
export function featureColumns(
  histories: readonly History[], nowMs: number, shop: ShopFacts,
): Float64Array[] {
  const columns = FEATURES.map(() => new Float64Array(histories.length));
  const row = new Float64Array(FEATURES.length);
  histories.forEach((history, at) => {
    featuresAt(history, nowMs, shop, row);
    for (let i = 0; i < row.length; i++) (columns[i] as Float64Array)[at] = row[i] as number;
  });
  return columns;
}
