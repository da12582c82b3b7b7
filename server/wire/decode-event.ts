import { asId, Fields, type Where } from './fields.ts';
import { WIRE_NAMES } from './names.ts';
import { isRobot } from './robots.ts';
import { DEVICES, EVENT_TYPES, type EventItem, type EventType, LIMITS, type ShopEvent } from './schema.ts';

const TIME_MS_MIN = Date.UTC(2000, 0, 1); // before any web shop: seconds would be of 1970
const TIME_MS_MAX = 8.64e15; // the last moment a Date knows
const USER_AGENT_BYTES_MAX = 2048;
const ITEMS_MAX = 1000; // of one event: a large basket

/** Events that say something of an item, and so must name one. */
const ABOUT_ITEMS: ReadonlySet<EventType> = new Set<EventType>([
  'item_click',
  'item_view',
  'wishlist_add',
  'cart_add',
  'cart_remove',
  'purchase',
  'refund',
]);

/** One shop event. Fails with `bad_argument` naming the field. */
export function decodeEvent(value: unknown, where: Where, nowMs: number): ShopEvent {
  const fields = Fields.of(value, 'an event', where);
  const type = fields.oneOf('type', EVENT_TYPES);
  const event: { -readonly [Name in keyof ShopEvent]: ShopEvent[Name] } = {
    id: fields.id('id'),
    type,
    atMs: fields.has(WIRE_NAMES.atMs) ? decodeTime(fields) : nowMs,
    session: fields.id('session'),
    items: fields.has('items') ? fields.list('items', 0, ITEMS_MAX, decodeItem) : [],
  };
  if (event.items.length === 0 && ABOUT_ITEMS.has(type)) {
    fields.fail('items', `at least one item of a ${type}`);
  }
  const customer = fields.optionalId('customer');
  const query = fields.optionalText('query', LIMITS.queryBytesMax);
  const attribution = fields.optionalText('attribution', LIMITS.idBytesMax);
  const consent = fields.flag('consent');
  if (customer !== undefined) event.customer = customer;
  if (query !== undefined) event.query = query;
  if (attribution !== undefined) event.attribution = attribution;
  if (consent !== undefined) event.consent = consent;
  if (fields.has('country')) event.country = decodeCountry(fields);
  if (fields.has('device')) event.device = fields.oneOf('device', DEVICES);
  if (fields.has(WIRE_NAMES.timeZone)) event.timeZone = decodeTimeZone(fields);
  const visitor = fields.optionalId('visitor');
  if (visitor !== undefined) event.visitor = visitor;
  if (fields.has('currency')) event.currency = decodeCurrency(fields);
  const userAgent = fields.optionalText(WIRE_NAMES.userAgent, USER_AGENT_BYTES_MAX);
  const robot = fields.flag('robot');
  if (robot === true || (userAgent !== undefined && isRobot(userAgent))) event.robot = true;
  return event;
}

function decodeTime(fields: Fields): number {
  const atMs = fields.integer(WIRE_NAMES.atMs, 0, TIME_MS_MAX);
  if (atMs >= TIME_MS_MIN) return atMs;
  return fields.fail(WIRE_NAMES.atMs, 'milliseconds since 1970, of the year 2000 or later');
}

/** A map, or the id alone for one of it. */
function decodeItem(value: unknown, where: Where): EventItem {
  if (typeof value === 'string' || typeof value === 'number') {
    return { item: asId(value, where), quantity: 1 };
  }
  const fields = Fields.of(value, 'an item id or an item', where);
  const item = fields.id('item');
  const quantity = fields.has('quantity')
    ? fields.integer('quantity', 1, Number.MAX_SAFE_INTEGER)
    : 1;
  const price = fields.optionalNumber('price', 0);
  const discount = fields.optionalNumber('discount', 0);
  if (discount !== undefined) {
    return price === undefined ? { item, quantity, discount } : { item, quantity, price, discount };
  }
  return price === undefined ? { item, quantity } : { item, quantity, price };
}

function decodeCountry(fields: Fields): string {
  const code = fields.raw('country');
  if (typeof code === 'string' && /^[A-Za-z]{2}$/.test(code)) return code.toUpperCase();
  return fields.fail('country', 'two letters, as in ISO 3166-1');
}

function decodeCurrency(fields: Fields): string {
  const code = fields.raw('currency');
  if (typeof code === 'string' && /^[A-Za-z]{3}$/.test(code)) return code.toUpperCase();
  return fields.fail('currency', 'three letters, as in ISO 4217');
}

const TIME_ZONES_KNOWN_MAX = 1000; // there are about 600; more are only spellings of those
const timeZonesKnown = new Set<string>();

function decodeTimeZone(fields: Fields): string {
  const name = fields.text(WIRE_NAMES.timeZone, LIMITS.idBytesMax);
  if (timeZonesKnown.has(name)) return name;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name }); // throws where there is no such zone
  } catch {
    fields.fail(WIRE_NAMES.timeZone, 'an IANA time zone, such as Europe/Berlin');
  }
  if (timeZonesKnown.size < TIME_ZONES_KNOWN_MAX) timeZonesKnown.add(name);
  return name;
}
