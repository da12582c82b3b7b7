import type { Credited } from '../../../server/features/replay.ts';
import { Crediting } from '../../../server/storefront/crediting.ts';
import { Sessions } from '../../../server/storefront/session-state.ts';
import type { ShopLog } from './shop-log.ts';

const SILENCE_MS = 30 * 60_000; // the server's own setting, where nobody has changed it

/** Events and whose they are, by the rules of the live shop (`server/storefront/crediting.ts`). */
export function creditedEvents(log: Pick<ShopLog, 'events'>): Credited[] {
  const credited: Credited[] = [];
  const crediting = new Crediting(
    new Sessions(SILENCE_MS, () => undefined),
    (customer, event, knownMs) => credited.push({ customer, event, knownMs }),
  );
  for (const event of log.events) crediting.take(event);
  return credited;
}
