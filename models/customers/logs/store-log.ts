import type { Store } from '../../../server/store/store.ts';
import { mayTeach, type ShopEvent } from '../../../server/wire/schema.ts';
import { inTimeOrder, type ShopLog } from './shop-log.ts';

/**
 * A store's events, in the order in which they came: whose an event is depends on it. The log ends
 * with its newest event, or at `endMs`.
 */
export function storeLog(
  store: Pick<Store, 'events' | 'item'>, timeZone: string, endMs?: number,
): ShopLog {
  const events: ShopEvent[] = [];
  let newestMs = 0;
  for (const { event } of store.events()) {
    events.push(event);
    newestMs = Math.max(newestMs, event.atMs);
  }
  return {
    name: 'store', events, timeZone, leftOut: {}, endMs: endMs ?? newestMs,
    categoryOf: (item) => store.item(item)?.categories[0],
  };
}

/**
 * A store's purchases in order of time, without those that nobody may learn from; the log ends with
 * the newest event of any kind.
 */
export function storePurchases(
  store: Pick<Store, 'events' | 'item'>, timeZone: string,
): ShopLog {
  const log = storeLog(store, timeZone);
  const bought = log.events.filter((event) => event.type === 'purchase' && mayTeach(event));
  return { ...log, name: 'the events of this shop', events: inTimeOrder(bought) };
}
