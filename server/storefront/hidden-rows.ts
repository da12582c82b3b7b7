import type { Store } from '../store/store.ts';
import type { Filter } from '../wire/schema.ts';
import type { Customer } from './customer-state.ts';
import type { LiveSession } from './session-state.ts';

const DAY_MS = 86_400_000;

/** What an answer starts from. */
export interface Situation {
  readonly session: LiveSession | undefined;
  readonly customer: Customer | undefined;
  readonly name: string | undefined; // the customer's
  readonly given: Uint32Array; // rows of the items that the request names
  readonly query: Uint32Array; // rows to start from, oldest first
  readonly cart: Uint32Array; // rows of what is in the cart, as far as that matters here
  readonly item: number | undefined; // row of the product that is looked at
  readonly start: number | undefined; // that, else the newest of `query`: what rules call `this`
}

/** Why a row may not be shown, whatever else the filter says. */
export type Hiding = 'excluded' | 'seen' | 'bought' | 'shown';

/** Rows that may not be shown, whatever else the filter says. `because` is told of each. */
export function hiddenRows(
  store: Pick<Store, 'item'>,
  filter: Filter,
  { session, customer, given, cart, item }: Partial<Situation> = {},
  nowMs = 0,
  because?: (row: number, why: Hiding) => void,
): Set<number> {
  const hidden = new Set<number>();
  const hide = (row: number, why: Hiding): void => {
    hidden.add(row);
    because?.(row, why);
  };
  for (const id of filter.exclude ?? []) {
    const row = store.item(id)?.row;
    if (row !== undefined) hide(row, 'excluded');
  }
  if (filter.excludeSeen) {
    for (const rows of [given, session?.rows, customer?.rows]) {
      for (const row of rows ?? []) hide(row, 'seen');
    }
  }
  // On its own page, and in its own cart, nothing needs to be recommended.
  for (const row of cart ?? []) hide(row, 'shown');
  if (item !== undefined) hide(item, 'shown');
  if (filter.excludeBought ?? true) {
    const sinceMs = nowMs - (filter.boughtDays ?? Infinity) * DAY_MS;
    for (const [row, count] of customer?.bought ?? []) {
      if (count > 0 && (customer?.boughtMs.get(row) ?? -Infinity) >= sinceMs) hide(row, 'bought');
    }
    // The session's own as well: its visitor may be unknown, or have refused to be learned from.
    for (const [row, count] of session?.bought ?? []) if (count > 0) hide(row, 'bought');
  }
  return hidden;
}
