import { ServeError } from '../core/errors.ts';
import type { ShopEvent } from '../wire/schema.ts';
import { STOREFRONT_LIMITS } from './limits.ts';

/**
 * All or none: a caller whose clock is wrong should hear of it at the first event. Fails with
 * `bad_argument` naming the event.
 */
export function assertNotFuture(events: readonly ShopEvent[], nowMs: number): void {
  const limitMs = nowMs + STOREFRONT_LIMITS.clockSkewMsMax;
  const future = events.find((event) => event.atMs > limitMs);
  if (!future) return;
  const at = new Date(future.atMs).toISOString();
  throw new ServeError('bad_argument', `event '${future.id}' is of ${at}, over a day from now`);
}
