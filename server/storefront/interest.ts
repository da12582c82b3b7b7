import type { Store } from '../store/store.ts';
import { mayTeach } from '../wire/schema.ts';
import type { EventType, ShopEvent } from '../wire/schema.ts';
import type { InterestEvent } from './retrieval/retriever.ts';

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
export function teaches(event: ShopEvent): boolean {
  return INTEREST[event.type] > 0 && mayTeach(event);
}

/** What retrieval is told of an event: rows of those of its items that the store knows. */
export function interestOf({ type, atMs, items }: ShopEvent, store: Pick<Store, 'item'>): InterestEvent {
  const rows: number[] = [];
  for (const { item } of items) {
    const row = store.item(item)?.row;
    if (row !== undefined) rows.push(row);
  }
  return { type, atMs, rows };
}
