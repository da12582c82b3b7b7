import { asId, Fields, type Where } from '../wire/fields.ts';
import type { ShopEvent } from '../wire/schema.ts';
import {
  amount, anyId, ATTRIBUTION_BYTES_MAX, currency, fill, hash, item, ITEMS_MAX, quantity, shortText, time,
} from './read.ts';
import { freeType, needsItem } from './type-names.ts';

const EVENTS_MAX = 500;

/**
 * Amazon Personalize: the body of PutEvents. Its event types are free words, of which `type-names.ts`
 * knows the usual ones. An impression is an event of its own: the list that was shown.
 */
export function fromPersonalize(value: unknown, where: Where, nowMs: number): ShopEvent[] {
  const message = Fields.of(value, 'a PutEvents message', where);
  const session = anyId(message, 'sessionId') ?? message.fail('sessionId', 'an id of the session');
  const customer = anyId(message, 'userId');
  return message.list('eventList', 1, EVENTS_MAX, (one, at) =>
    fromEvent(Fields.of(one, 'an event', at), session, customer, nowMs)).flat();
}

function fromEvent(
  event: Fields, session: string, customer: string | undefined, nowMs: number,
): ShopEvent[] {
  const type = freeType(event.text('eventType', 256));
  const atMs = time(event, 'sentAt', 's', nowMs);
  const id = anyId(event, 'eventId') ?? `personalize-${hash([session, customer ?? null, event.entries(), atMs])}`;
  const attribution = shortText(event, 'recommendationId', ATTRIBUTION_BYTES_MAX);
  const events: ShopEvent[] = [];
  if (event.has('impression')) {
    const items = event.list('impression', 1, ITEMS_MAX, asId).map((shown) => item(shown, 1));
    events.push(fill(
      { id: `shown-${hash([id])}`, type: 'list_view', atMs, session, items }, { customer, attribution }));
  }
  if (type === null) return events;
  const itemId = anyId(event, 'itemId');
  if (itemId === undefined && needsItem(type)) event.fail('itemId', `an id of the item of a ${type}`);
  const more = properties(event);
  const items = itemId === undefined ? [] : [item(itemId, quantity(more, 'quantity'), amount(more, 'price'))];
  events.push(fill(
    { id, type, atMs, session, items }, { customer, attribution, currency: currency(more, 'currency') }));
  return events;
}

/** A text of JSON, or as some SDKs have it, a map. */
function properties(event: Fields): Fields | undefined {
  const value = event.raw('properties');
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') return Fields.of(value, 'properties as a map', event.at('properties'));
  try {
    return Fields.of(JSON.parse(value), 'properties as a map', event.at('properties'));
  } catch {
    return event.fail('properties', 'JSON of a map');
  }
}
