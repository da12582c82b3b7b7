import { WIRE_NAMES } from '../../wire/names.ts';
import { isRobot } from '../../wire/robots.ts';
import { LIMITS } from '../../wire/schema.ts';
import type { FoundEvent } from '../packed-events.ts';
import { PLACE, TYPES_BY_NAME } from '../packed-events.ts';
import { Words } from './words.ts';

/** Times that are surely milliseconds: of the years 2001 to 2999. What is near the edge is decoded. */
const [TIME_MS_MIN, TIME_MS_MAX] = [1e12, 32_503_680_000_000];
const ITEMS_MAX = 1000;
const DIGITS_MAX = 15; // a number of so many is exact

const FIELDS = new Words([
  ...(['id', 'type', 'session', 'items', 'customer', 'attribution', 'query', 'consent', 'country',
    'device', 'visitor', 'currency', 'robot'] as const).map((name) => [name, PLACE[name]] as const),
  [WIRE_NAMES.atMs, PLACE.atMs], [WIRE_NAMES.timeZone, PLACE.timeZone], [WIRE_NAMES.userAgent, 16],
]);
const USER_AGENT = 16;
const TYPES = new Words([...TYPES_BY_NAME]);
const ITEM_FIELDS = new Words([['item', 0], ['quantity', 1], ['price', 2], ['discount', 3]]);
const DEVICE_WORDS = new Words([['desktop', 0], ['phone', 1], ['tablet', 2], ['other', 3]]);
const ABOUT_ITEMS = new Set(
  ['item_click', 'item_view', 'wishlist_add', 'cart_add', 'cart_remove', 'purchase', 'refund']
    .map((name) => TYPES_BY_NAME.get(name)));

/**
 * Finds the fields of one event in a line of JSON as the wire has it, without making a value of them.
 * It knows the plain case alone: ASCII without escapes, numbers without exponents, zones seen before.
 * Of anything else, right or wrong, it says false, and the line is decoded as the wire is. What it
 * takes is what decoding would give (`test/unit/store/import/scan-event.test.ts`).
 */
export class EventScanner {
  #b: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  #from = 0; // of the text or number that was read last
  #to = 0;
  #zone: Buffer = Buffer.from('UTC');

  /** `convert`: events that name a currency are decoded, since their prices may be another's. */
  constructor(private readonly convert = false) {}

  /** `from` to `to` hold the line, without its end. */
  scan(source: Buffer, from: number, to: number, found: FoundEvent): boolean {
    this.#b = source;
    this.#at = from;
    this.#end = to;
    found.clear();
    if (!this.#skip(0x7b)) return false;
    if (this.#peek() === 0x7d) return false;
    for (;;) {
      if (!this.#text() || !this.#skip(0x3a)) return false;
      const [nameFrom, nameTo] = [this.#from, this.#to];
      if (!this.#field(FIELDS.find(source, nameFrom, nameTo), found)) return false;
      const next = this.#peek();
      this.#at += 1;
      if (next === 0x7d) break;
      if (next !== 0x2c) return false;
    }
    if (this.#peek() !== -1) return false;
    if (found.from[PLACE.id]! < 0 || found.from[PLACE.session]! < 0 || found.typeNumber < 0) return false;
    if (found.atMs < 0) return false;
    return found.itemCount > 0 || !ABOUT_ITEMS.has(found.typeNumber);
  }

  /** A zone that decoding has found to be one. */
  zoneIsGood(name: string): void {
    this.#zone = Buffer.from(name);
  }

  #field(place: number, found: FoundEvent): boolean {
    const head = this.#peek();
    if (head === 0x6e) return false; // null: rare enough to be decoded
    switch (place) {
      case PLACE.id: case PLACE.session: case PLACE.customer: case PLACE.visitor:
        return this.#id(head) && this.#take(place, found);
      case PLACE.type:
        if (!this.#text()) return false;
        found.typeNumber = TYPES.find(this.#b, this.#from, this.#to);
        return found.typeNumber >= 0;
      case PLACE.atMs:
        found.atMs = this.#number();
        return Number.isInteger(found.atMs) && found.atMs >= TIME_MS_MIN && found.atMs < TIME_MS_MAX;
      case PLACE.items: return this.#items(found);
      case PLACE.attribution:
        return this.#text() && this.#length(LIMITS.idBytesMax) && this.#take(place, found);
      case PLACE.query:
        return this.#text() && this.#length(LIMITS.queryBytesMax) && this.#take(place, found);
      case PLACE.timeZone:
        return this.#text() && this.#isZone() && this.#take(place, found);
      case PLACE.country: return this.#text() && this.#capitals(2) && this.#take(place, found);
      case PLACE.currency:
        return !this.convert && this.#text() && this.#capitals(3) && this.#take(place, found);
      case PLACE.device:
        return this.#text() && DEVICE_WORDS.find(this.#b, this.#from, this.#to) >= 0 &&
          this.#take(place, found);
      case PLACE.consent:
        found.consent = this.#flag(head);
        return found.consent >= 0;
      case PLACE.robot: {
        const flag = this.#flag(head);
        found.robot ||= flag === 1;
        return flag >= 0;
      }
      case USER_AGENT:
        if (!this.#text() || !this.#length(2048)) return false;
        found.robot ||= isRobot(this.#b.toString('latin1', this.#from, this.#to));
        return true;
      default: return false;
    }
  }

  #items(found: FoundEvent): boolean {
    found.itemCount = 0;
    if (!this.#skip(0x5b)) return false;
    if (this.#peek() === 0x5d) {
      this.#at += 1;
      return true;
    }
    for (;;) {
      const at = found.itemCount;
      if (at === ITEMS_MAX) return false;
      const head = this.#peek();
      found.quantities[at] = 1;
      found.prices[at] = NaN;
      found.discounts[at] = NaN;
      if (head === 0x7b ? !this.#item(found, at) : !this.#itemId(found, at, head)) return false;
      found.itemCount = at + 1;
      const next = this.#peek();
      this.#at += 1;
      if (next === 0x5d) return true;
      if (next !== 0x2c) return false;
    }
  }

  #itemId(found: FoundEvent, at: number, head: number): boolean {
    if (!this.#id(head)) return false;
    found.itemFrom[at] = this.#from;
    found.itemTo[at] = this.#to;
    return true;
  }

  #item(found: FoundEvent, at: number): boolean {
    this.#at += 1;
    let named = false;
    for (;;) {
      if (!this.#text() || !this.#skip(0x3a)) return false;
      const field = ITEM_FIELDS.find(this.#b, this.#from, this.#to);
      const head = this.#peek();
      if (field === 0) {
        if (!this.#itemId(found, at, head)) return false;
        named = true;
      } else if (field > 0) {
        const value = this.#number();
        if (field === 1 ? !(Number.isInteger(value) && value >= 1) : !(value >= 0)) return false;
        (field === 1 ? found.quantities : field === 2 ? found.prices : found.discounts)[at] = value;
      } else return false;
      const next = this.#peek();
      this.#at += 1;
      if (next === 0x7d) return named;
      if (next !== 0x2c) return false;
    }
  }

  #take(place: number, found: FoundEvent): true {
    found.from[place] = this.#from;
    found.to[place] = this.#to;
    return true;
  }

  /** A text that may be an id, or an integer as its digits. */
  #id(head: number): boolean {
    if (head === 0x22) return this.#text() && this.#length(LIMITS.idBytesMax);
    const value = this.#number();
    return Number.isInteger(value) && value >= 0 && (this.#b[this.#to - 1] as number) !== 0x2e &&
      this.#isDigits();
  }

  #isDigits(): boolean {
    for (let i = this.#from; i < this.#to; i += 1) if (this.#b[i]! < 0x30 || this.#b[i]! > 0x39) return false;
    return true;
  }

  #length(max: number): boolean {
    return this.#to > this.#from && this.#to - this.#from <= max;
  }

  #capitals(count: number): boolean {
    if (this.#to - this.#from !== count) return false;
    for (let i = this.#from; i < this.#to; i += 1) if (this.#b[i]! < 0x41 || this.#b[i]! > 0x5a) return false;
    return true;
  }

  #isZone(): boolean {
    const [zone, from] = [this.#zone, this.#from];
    if (this.#to - from !== zone.length) return false;
    for (let i = 0; i < zone.length; i += 1) if (this.#b[from + i] !== zone[i]) return false;
    return true;
  }

  /** 1, 0, or -1 where it is neither true nor false. */
  #flag(head: number): number {
    const word = head === 0x74 ? 'true' : 'false';
    for (let i = 0; i < word.length; i += 1) {
      if (this.#at + i >= this.#end || this.#b[this.#at + i] !== word.charCodeAt(i)) return -1;
    }
    this.#at += word.length;
    return head === 0x74 ? 1 : 0;
  }

  /** The next byte that is no blank; -1 at the end. */
  #peek(): number {
    const [b, end] = [this.#b, this.#end];
    let at = this.#at;
    while (at < end && (b[at] === 0x20 || b[at] === 0x09 || b[at] === 0x0d)) at += 1;
    this.#at = at;
    return at < end ? (b[at] as number) : -1;
  }

  #skip(byte: number): boolean {
    if (this.#peek() !== byte) return false;
    this.#at += 1;
    return true;
  }

  /** A text of ASCII without control characters and escapes. */
  #text(): boolean {
    if (this.#peek() !== 0x22) return false;
    const [b, end] = [this.#b, this.#end];
    let at = this.#at + 1;
    this.#from = at;
    for (; at < end; at += 1) {
      const byte = b[at] as number;
      if (byte === 0x22) {
        this.#to = at;
        this.#at = at + 1;
        return true;
      }
      if (byte < 0x20 || byte >= 0x7f || byte === 0x5c) return false;
    }
    return false;
  }

  /** A number from 0 that a division makes exactly; NaN where there is none, or a longer one. */
  #number(): number {
    const [b, end] = [this.#b, this.#end];
    let at = this.#at;
    this.#from = at;
    let digits = 0;
    let value = 0;
    let byte = at < end ? (b[at] as number) : 0;
    while (byte >= 0x30 && byte <= 0x39) {
      value = value * 10 + byte - 0x30;
      digits += 1;
      byte = ++at < end ? (b[at] as number) : 0;
    }
    if (digits === 0 || (digits > 1 && b[this.#from] === 0x30)) return NaN;
    let decimals = 0;
    if (byte === 0x2e) {
      byte = ++at < end ? (b[at] as number) : 0;
      while (byte >= 0x30 && byte <= 0x39) {
        value = value * 10 + byte - 0x30;
        decimals += 1;
        byte = ++at < end ? (b[at] as number) : 0;
      }
      if (decimals === 0) return NaN;
    }
    if (digits + decimals > DIGITS_MAX || byte === 0x65 || byte === 0x45) return NaN;
    this.#to = at;
    this.#at = at;
    return decimals === 0 ? value : value / (TENS[decimals] as number);
  }
}

const TENS = Array.from({ length: DIGITS_MAX + 1 }, (_, power) => 10 ** power);
