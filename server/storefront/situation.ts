import type { Clock } from '../core/clock.ts';
import type { Store } from '../store/store.ts';
import type { RecommendRequest } from '../wire/schema.ts';
import type { Customers } from './customer-state.ts';
import type { Situation } from './hidden-rows.ts';
import { STOREFRONT_LIMITS } from './limits.ts';
import type { LiveSession, Sessions } from './session-state.ts';

export interface SituationParts {
  readonly store: Pick<Store, 'item'>;
  readonly clock: Clock;
  readonly sessions: Pick<Sessions, 'at'>;
  readonly customers: Pick<Customers, 'get'>;
}

const NO_ROWS = new Uint32Array(0);

type Asked = Pick<RecommendRequest, 'session' | 'customer' | 'items' | 'item' | 'cart' | 'placement'>;

/**
 * What an answer starts from: given items, or the cart for a cart, else the session's, else the
 * customer's newest over their sessions; and after those the product that is looked at. What the shop
 * does not have is left out and said in `degraded`.
 */
export function situationOf(parts: SituationParts, asked: Asked, degraded: string[]): Situation {
  const { sessions, customers, clock } = parts;
  const session = sessions.at(asked.session, clock.wallMs());
  const name = asked.customer ?? session?.customer;
  const customer = customers.get(name);
  const given = rowsOf(parts, 'items', asked.items ?? [], degraded);
  const cart = asked.cart ? rowsOf(parts, 'cart', asked.cart, degraded) : cartOf(parts, asked, session);
  const [item] = asked.item === undefined ? [] : rowsOf(parts, 'item', [asked.item], degraded);

  let query = given;
  if (!asked.items) query = cart.length > 0 ? cart : session?.rows ?? given;
  if (!asked.items && query.length === 0 && customer) query = Uint32Array.from(customer.rows);
  if (item !== undefined && query[query.length - 1] !== item) query = Uint32Array.of(...query, item);
  // Not a view of the same where it can be had as it is: what is known of a session's rows goes by them.
  const { queryItemsMax } = STOREFRONT_LIMITS;
  if (query.length > queryItemsMax) query = query.subarray(-queryItemsMax);
  return { session, customer, name, given, query, cart, item, start: item ?? query[query.length - 1] };
}

/** A cart page that names no cart has the session's: what was put in, and not taken out or bought. */
function cartOf(
  parts: SituationParts, { placement }: Asked, session: LiveSession | undefined,
): Uint32Array {
  if (placement !== 'cart' || !session) return NO_ROWS;
  const inCart = new Map<string, number>();
  for (const { type, items } of session.events) {
    const sign = type === 'cart_add' ? 1 : type === 'cart_remove' || type === 'purchase' ? -1 : 0;
    if (sign === 0) continue;
    for (const { item, quantity } of items) {
      const left = (inCart.get(item) ?? 0) + sign * quantity;
      if (left > 0) inCart.set(item, left);
      else inCart.delete(item);
    }
  }
  return rowsOf(parts, 'cart', [...inCart.keys()], []);
}

function rowsOf(
  { store }: SituationParts, field: string, items: readonly string[], degraded: string[],
): Uint32Array {
  if (items.length === 0) return NO_ROWS;
  const rows: number[] = [];
  for (const id of items) {
    const row = store.item(id)?.row;
    if (row !== undefined) rows.push(row);
    else degraded.push(`${field}: '${id}' is not in the catalogue and was left out`);
  }
  return Uint32Array.from(rows);
}
