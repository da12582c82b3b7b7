import { Histories } from '../features/histories.ts';
import { Crediting } from '../storefront/crediting.ts';
import { lastEvents, playLog } from '../storefront/play-log.ts';
import { Sessions } from '../storefront/session-state.ts';
import type { Store } from '../store/store.ts';

export interface BaseSetting {
  readonly timeZone: string; // the shop's
  readonly sessionMinutesMax: number;
  readonly nowMs: number;
}

const CUSTOMERS_MAX = 20_000_000; // about 1 KB each: memory ends before

/**
 * Every customer of a store's log with what a live shop would remember of them, by its own rules:
 * whose an event is, what is without consent, what comes from a clock that is ahead. `progress` hears
 * of the events played so far.
 */
export async function customerBase(
  store: Store, { timeZone, sessionMinutesMax, nowMs }: BaseSetting, progress: (events: number) => void,
): Promise<Histories> {
  const histories = new Histories({
    timeZone, categoryOf: (item) => store.item(item)?.categories[0],
  }, CUSTOMERS_MAX);
  const sessions = new Sessions(sessionMinutesMax * 60_000, () => undefined);
  const crediting = new Crediting(sessions, (customer, event) => histories.take(customer, event, nowMs));
  const last = await lastEvents(store);
  let played = 0;
  await playLog(store, (slice) => {
    for (const { sequence, event } of slice) {
      crediting.take(event);
      if (last.has(sequence)) sessions.forgetIfSilent(event.session, nowMs);
      played += 1;
    }
    progress(played);
  });
  return histories;
}
