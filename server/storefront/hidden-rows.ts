import type { Store } from '../store/store.ts';
import type { Filter } from '../wire/schema.ts';
import type { Customer } from './customer-state.ts';
import type { LiveSession } from './session-state.ts';

/** What an answer starts from. */
export interface Situation {
  readonly session: LiveSession | undefined;
  readonly customer: Customer | undefined;
  readonly given: Uint32Array; // rows of the items that the request names
  readonly query: Uint32Array; // rows to start from, oldest first
}

/** Rows that may not be shown, whatever else the filter says. */
export function hiddenRows(
  store: Pick<Store, 'item'>,
  filter: Filter,
  { session, customer, given }: Partial<Situation> = {},
): Set<number> {
  const hidden = new Set<number>();
  for (const id of filter.exclude ?? []) {
    const row = store.item(id)?.row;
    if (row !== undefined) hidden.add(row);
  }
  if (filter.excludeSeen) {
    for (const rows of [given, session?.rows, customer?.rows]) {
      for (const row of rows ?? []) hidden.add(row);
    }
  }
  if (filter.excludeBought ?? true) {
    // The session's own as well: its visitor may be unknown, or have refused to be learned from.
    for (const bought of [customer?.bought, session?.bought]) {
      for (const [row, count] of bought ?? []) if (count > 0) hidden.add(row);
    }
  }
  return hidden;
}
