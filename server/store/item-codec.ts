import type { StoredItem } from './store.ts';

/** An item as it lies in its table: whole, but for what older builds did not write. */
export type ItemRecord = Omit<StoredItem, Newer> & Partial<Pick<StoredItem, Newer>>;
type Newer = 'declared' | 'removed';

/** The item of a record. One of an older build is declared if more is known of it than its id. */
export function decodeItem(record: ItemRecord): StoredItem {
  const { declared = saysMoreThanItsId(record), removed = false } = record;
  return { ...record, declared, removed };
}

function saysMoreThanItsId({ id, title, categories, price, picture, inStock }: ItemRecord): boolean {
  if (title !== id || categories.length > 0 || !inStock) return true;
  return price !== undefined || picture !== undefined;
}
