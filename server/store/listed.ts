import type { Store, StoredItem } from './store.ts';

/**
 * Whether an item may be shown to visitors: never one that was removed. Once the shop has declared a
 * catalogue, what only events have named may not either: it may be a typing error. A shop that has
 * declared nothing shows all.
 */
export function isListed(item: StoredItem, store: Pick<Store, 'declaredCount'>): boolean {
  return !item.removed && (item.declared || store.declaredCount === 0);
}
