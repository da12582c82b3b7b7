import { ServeError } from '../core/errors.ts';
import { type Where } from '../wire/fields.ts';
import { LIMITS, type ShopEvent } from '../wire/schema.ts';
import type { Adapter } from './adapter.ts';
import { fromAlgolia } from './algolia.ts';
import { fromGa4 } from './ga4.ts';
import { fromGoogleRetail } from './google-retail.ts';
import { fromMetarank } from './metarank.ts';
import { fromPersonalize } from './personalize.ts';
import { fromShopify } from './shopify.ts';

/** Shapes of events that are taken beside our own. */
export const FORMATS = {
  ga4: fromGa4, 'google-retail': fromGoogleRetail, shopify: fromShopify, personalize: fromPersonalize,
  metarank: fromMetarank, algolia: fromAlgolia,
} as const satisfies Record<string, Adapter>;
export type Format = keyof typeof FORMATS;

/** Fails with `bad_argument` naming the formats. */
export function formatNamed(name: string): Format {
  if (Object.hasOwn(FORMATS, name)) return name as Format;
  throw new ServeError('bad_argument', `format: expected one of ${Object.keys(FORMATS).join(', ')}, got '${name}'`);
}

/**
 * The events of a request's body: one message, or a list of them. All or none: the first that is wrong
 * refuses all, and the error says which. `ignored`: messages that say nothing to a shop.
 */
export function adaptBody(
  format: Format, body: unknown, nowMs: number,
): { readonly events: readonly ShopEvent[]; readonly ignored: number } {
  const adapt: Adapter = FORMATS[format];
  const messages: readonly unknown[] = Array.isArray(body) ? body : [body];
  const events: ShopEvent[] = [];
  let ignored = 0;
  messages.forEach((message, i) => {
    const where: Where = Array.isArray(body) ? { parent: ROOT, key: i } : ROOT;
    const found = adapt(message, where, nowMs);
    if (found.length === 0) ignored += 1;
    for (const event of found) events.push(event);
  });
  if (messages.length === 0 || events.length > LIMITS.eventsMax) {
    throw new ServeError('bad_argument', `expected 1 to ${LIMITS.eventsMax} events, got ${events.length}`);
  }
  return { events, ignored };
}

const ROOT: Where = { parent: null, key: '' };
