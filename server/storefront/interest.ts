import type { EventType, ShopEvent } from '../wire/schema.ts';

/**
 * How much an event of a type says of the interest in its items, in views. Where it is 0 the items
 * are not the visitor's choice (a list was shown) or the opposite of one (a removal). The steps are
 * a choice: they matter to popularity alone, where only their order does much. No two types have
 * the same: retrieval tells by it that a click and the view it leads to are one visit to an item.
 */
export const INTEREST: Readonly<Record<EventType, number>> = {
  home_view: 0,
  list_view: 0,
  search: 0,
  item_click: 0.5,
  item_view: 1,
  wishlist_add: 2,
  cart_add: 3,
  cart_remove: 0,
  cart_view: 0,
  checkout_start: 0,
  purchase: 5,
  refund: 0,
};

/** Whether anything but its own session may learn from the event. */
export function teaches({ type, consent }: ShopEvent): boolean {
  return INTEREST[type] > 0 && consent !== false;
}
