import { isUtf8 } from 'node:buffer';
import { ServeError } from '../../core/errors.ts';
import { isZone } from '../../core/zone.ts';
import { inShops } from '../../intake/currencies.ts';
import type { Currencies } from '../../intake/currencies.ts';
import { ID_RULE, isId, shown } from '../../wire/fields.ts';
import { WIRE_NAMES } from '../../wire/names.ts';
import { isRobot } from '../../wire/robots.ts';
import { DEVICES, LIMITS } from '../../wire/schema.ts';
import type { FoundEvent } from '../packed-events.ts';
import { PLACE, TYPES_BY_NAME } from '../packed-events.ts';
import { eventNeedsItem, typeName } from './event-types.ts';
import { readTime } from './read-time.ts';
import { Words } from './words.ts';

/** What a column may hold. The names are the wire's; a row has one item, or a list of bare ids. */
export const ROW_FIELDS = [
  'id', 'type', WIRE_NAMES.atMs, 'session', 'item', 'items', 'quantity', 'price', 'discount',
  'customer', 'visitor', 'query', 'attribution', WIRE_NAMES.timeZone, 'consent', 'country', 'device',
  'currency', 'robot', WIRE_NAMES.userAgent,
] as const;
export type RowField = (typeof ROW_FIELDS)[number];

export interface RowOptions {
  /** Names of types as the file has them, beside the wire's own. */
  readonly types: ReadonlyMap<string, string>;
  readonly zone: string; // of times that name none
}

/**
 * Makes an event of a row's fields, given one by one as bytes or numbers. What fails says line and
 * column. A row without an id gets a hash of the rest; one without a session has its visitor's name,
 * or its customer's, for one: the shop cuts it by silence.
 */
export class RowEvent {
  readonly #types: Words;
  #line = 0;
  #quantity = 1;
  #price = NaN;
  #discount = NaN;
  #currency = ''; // that the row names

  constructor(
    private readonly found: FoundEvent, private readonly options: RowOptions,
    private readonly currencies?: Currencies,
  ) {
    const named = [...options.types].map(([name, type]) => [name, TYPES_BY_NAME.get(type)!] as const);
    this.#types = new Words([...TYPES_BY_NAME, ...named]);
  }

  begin(line: number): void {
    this.found.clear();
    this.#line = line;
    this.#quantity = 1;
    this.#price = NaN;
    this.#discount = NaN;
    this.#currency = '';
  }

  /** Empty is absent. `source` must be the same for all fields of a row. */
  text(field: RowField, column: string, source: Buffer, from: number, to: number): void {
    if (from === to) return;
    const { found } = this;
    switch (field) {
      case 'id': case 'session': case 'customer': case 'visitor': case 'attribution':
        return this.#id(PLACE[field], column, source, from, to);
      case 'type':
        found.typeNumber = this.#types.find(source, from, to);
        if (found.typeNumber >= 0) return;
        return this.#fail(column, `one of ${[...TYPES_BY_NAME.keys()].join(', ')}`, source, from, to);
      case 'at_ms':
        found.atMs = readTime(source, from, to, this.options.zone);
        if (!(found.atMs >= 0)) this.#fail(column, 'a time, as 2026-11-23T08:30:00Z', source, from, to);
        return this.#checkTime(column, source, from, to);
      case 'item':
        return this.#item(column, source, from, to);
      case 'items':
        for (let at = from; at <= to;) {
          const bar = source.indexOf(0x7c, at);
          const end = bar < 0 || bar > to ? to : bar;
          this.#item(column, source, at, end);
          at = end + 1;
        }
        return;
      case 'quantity': case 'price': case 'discount':
        return this.number(field, column, Number(source.toString('latin1', from, to).trim()));
      case 'query':
        if (to - from > LIMITS.queryBytesMax) {
          this.#fail(column, `text of 1 to ${LIMITS.queryBytesMax} bytes`, source, from, to);
        }
        this.#utf8(column, source, from, to);
        return this.#take(PLACE.query, from, to);
      case 'time_zone':
        if (!isZone(source.toString('latin1', from, to))) {
          this.#fail(column, 'an IANA time zone, such as Europe/Berlin', source, from, to);
        }
        return this.#take(PLACE.timeZone, from, to);
      case 'country': return this.#capitals(PLACE.country, 2, column, source, from, to);
      case 'currency':
        this.#capitals(PLACE.currency, 3, column, source, from, to);
        this.#currency = source.toString('latin1', from, to);
        return;
      case 'device':
        if (!(DEVICES as readonly string[]).includes(source.toString('latin1', from, to))) {
          this.#fail(column, `one of ${DEVICES.join(', ')}`, source, from, to);
        }
        return this.#take(PLACE.device, from, to);
      case 'consent': found.consent = this.#flag(column, source, from, to) ? 1 : 0; return;
      case 'robot': found.robot ||= this.#flag(column, source, from, to); return;
      case 'user_agent': found.robot ||= isRobot(source.toString('latin1', from, to)); return;
    }
  }

  number(field: RowField, column: string, value: number): void {
    if (field === 'quantity') {
      if (!Number.isSafeInteger(value) || value < 1) this.#wrong(column, 'an integer of at least 1', value);
      this.#quantity = value;
    } else if (field === 'price' || field === 'discount') {
      if (!(value >= 0 && value < Infinity)) this.#wrong(column, 'a number of at least 0', value);
      if (field === 'price') this.#price = value;
      else this.#discount = value;
    } else this.#wrong(column, 'text', value);
  }

  /** Milliseconds since 1970, where the file's own type says so. */
  time(column: string, ms: number): void {
    this.found.atMs = Math.floor(ms);
    this.#checkTime(column, null, 0, 0);
  }

  /** The row is whole. */
  end(): void {
    const { found } = this;
    if (found.typeNumber < 0) this.#wrong('type', 'one of the event types', undefined);
    if (found.atMs < 0) this.#wrong(WIRE_NAMES.atMs, 'milliseconds since 1970', undefined);
    if (found.from[PLACE.session]! < 0) {
      const who = found.from[PLACE.visitor]! >= 0 ? PLACE.visitor : PLACE.customer;
      if (found.from[who]! < 0) this.#wrong('session', `${ID_RULE}, or a visitor or customer`, undefined);
      this.#take(PLACE.session, found.from[who]!, found.to[who]!);
    }
    if (found.itemCount === 0 && eventNeedsItem(found.typeNumber)) {
      this.#wrong('item', `at least one item of a ${typeName(found.typeNumber)}`, undefined);
    }
    if (this.#currency !== '' && this.currencies) this.#convert(this.currencies);
    for (let i = 0; i < found.itemCount; i += 1) {
      found.quantities[i] = this.#quantity;
      found.prices[i] = this.#price;
      found.discounts[i] = this.#discount;
    }
  }

  /** As `Currencies.admit`. */
  #convert(currencies: Currencies): void {
    if (this.#currency === currencies.shop) {
      this.found.from[PLACE.currency] = -1;
      return;
    }
    const rate = currencies.rate(this.#currency, this.found.atMs);
    currencies.count(rate);
    this.#price = inShops(this.#price, rate); // NaN, absent, where there is no rate
    this.#discount = inShops(this.#discount, rate);
  }

  #checkTime(column: string, source: Buffer | null, from: number, to: number): void {
    const { atMs } = this.found;
    if (atMs >= TIME_MS_MIN && atMs < TIME_MS_MAX) return;
    if (source) this.#fail(column, 'a time of the years 2000 to 2999', source, from, to);
    this.#wrong(column, 'a time of the years 2000 to 2999', atMs);
  }

  #item(column: string, source: Buffer, from: number, to: number): void {
    const { found } = this;
    this.#checkId(column, source, from, to);
    if (found.itemCount === ITEMS_MAX) this.#wrong(column, `up to ${ITEMS_MAX} items`, found.itemCount);
    found.itemFrom[found.itemCount] = from;
    found.itemTo[found.itemCount] = to;
    found.itemCount += 1;
  }

  #id(place: number, column: string, source: Buffer, from: number, to: number): void {
    this.#checkId(column, source, from, to);
    this.#take(place, from, to);
  }

  #checkId(column: string, source: Buffer, from: number, to: number): void {
    let plain = to > from && to - from <= LIMITS.idBytesMax;
    for (let i = from; i < to; i += 1) plain &&= source[i]! >= 0x20 && source[i]! < 0x7f;
    if (plain) return;
    this.#utf8(column, source, from, to);
    if (!isId(source.toString('utf8', from, to))) this.#fail(column, ID_RULE, source, from, to);
  }

  #utf8(column: string, source: Buffer, from: number, to: number): void {
    if (!isUtf8(source.subarray(from, to))) this.#fail(column, 'UTF-8', source, from, to);
  }

  #capitals(
    place: number, count: number, column: string, source: Buffer, from: number, to: number,
  ): void {
    let letters = to - from === count;
    for (let i = from; i < to && letters; i += 1) {
      const letter = source[i]! & 0xdf;
      letters = letter >= 0x41 && letter <= 0x5a;
      if (letters) source[i] = letter; // as the wire's decoder does
    }
    if (!letters) this.#fail(column, `${count} letters, as in ISO ${count === 2 ? 3166 : 4217}`, source, from, to);
    this.#take(place, from, to);
  }

  #flag(column: string, source: Buffer, from: number, to: number): boolean {
    const text = source.toString('latin1', from, to).toLowerCase();
    if (text === 'true' || text === '1') return true;
    if (text === 'false' || text === '0') return false;
    return this.#fail(column, 'true or false', source, from, to);
  }

  #take(place: number, from: number, to: number): void {
    this.found.from[place] = from;
    this.found.to[place] = to;
  }

  #fail(column: string, wanted: string, source: Buffer, from: number, to: number): never {
    this.#wrong(column, wanted, source.toString('utf8', from, to));
  }

  #wrong(column: string, wanted: string, value: unknown): never {
    throw new ServeError(
      'bad_argument', `line ${this.#line}, ${column}: expected ${wanted}, got ${shown(value)}`);
  }
}

const TIME_MS_MIN = Date.UTC(2000, 0, 1);
const TIME_MS_MAX = 32_503_680_000_000;
const ITEMS_MAX = 1000;
