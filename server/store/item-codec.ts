import type { StoredItem } from './store.ts';

/** An item as it lies in its table: whole, but that older builds did not write `declared`. */
export type ItemRecord = Omit<StoredItem, 'declared'> & Partial<Pick<StoredItem, 'declared'>>;

/** The item of a record. One of an older build is declared if more is known of it than its id. */
export function decodeItem(record: ItemRecord): StoredItem {
  return { ...record, declared: record.declared ?? saysMoreThanItsId(record) };
}

function saysMoreThanItsId({ id, title, categories, price, picture, inStock }: ItemRecord): boolean {
  if (title !== id || categories.length > 0 || !inStock) return true;
  return price !== undefined || picture !== undefined;
}
