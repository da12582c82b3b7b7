import { TYPES_BY_NAME } from '../packed-events.ts';

const ABOUT_ITEMS = new Set(
  ['item_click', 'item_view', 'wishlist_add', 'cart_add', 'cart_remove', 'purchase', 'refund']
    .map((name) => TYPES_BY_NAME.get(name)));

/** Whether an event of the type, by its number, says something of an item and so must name one. */
export function eventNeedsItem(typeNumber: number): boolean {
  return ABOUT_ITEMS.has(typeNumber);
}

export function typeName(typeNumber: number): string {
  for (const [name, number] of TYPES_BY_NAME) if (number === typeNumber) return name;
  return String(typeNumber);
}
