import type { ShopEvent } from '../wire/schema.ts';
import { keyOf } from './assign.ts';
import type { OutcomeKind } from './log-lines.ts';

/** What an event counts as; undefined for nothing. Click and view are one visit: a shop sends either. */
export function kindOf({ type }: Pick<ShopEvent, 'type'>): OutcomeKind | undefined {
  switch (type) {
    case 'item_click': case 'item_view': return 'click';
    case 'cart_add': return 'cart';
    case 'purchase': case 'refund': return type;
    default: return undefined;
  }
}

/** Of a purchase or refund, in the shop's currency. */
export function amountOf({ items }: Pick<ShopEvent, 'items'>): number {
  return items.reduce((sum, { quantity, price }) => sum + (price ?? 0) * quantity, 0);
}

/** A shop's clock may lag behind: an event so little before the unit's first answer counts. */
const EARLY_MS_MAX = 60_000;

/** Whether what happened at `atMs` may come of what a unit was shown since `sinceMs`. */
export function isAfter(atMs: number, sinceMs: number): boolean {
  return atMs >= sinceMs - EARLY_MS_MAX;
}

/**
 * What stands behind an answer's attribution for each experiment that it is part of: `~`, six digits of
 * the experiment's key, a dot, the arm's number. So an echoed attribution says by itself whose answer
 * it was, after a restart too.
 */
export function tagOf(experiment: string, arm: number): string {
  return `~${keyOf('tag', experiment).slice(0, 6)}.${arm}`;
}
