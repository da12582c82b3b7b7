import type { ShopEvent } from '../wire/schema.ts';
import { encodeEvent, TYPE_NUMBERS } from './event-codec.ts';
import { ByteSet } from './byte-set.ts';

export const PACKED_EVENTS_MAX = 262_144; // of one batch: one transaction
const TUPLE_BYTES_MAX = 400_000; // 1000 items of 128 bytes each, three numbers, 1 KiB of query
const BYTES = 32 * 1024 * 1024; // full a tuple before its end

/** Places of the tuple in `event-codec.ts`. */
export const PLACE = {
  id: 0, type: 1, atMs: 2, session: 3, items: 4, customer: 5, attribution: 6, query: 7, timeZone: 8,
  consent: 9, country: 10, device: 11, discounts: 12, visitor: 13, currency: 14, robot: 15,
} as const;
const PLACES = 16;

/** What was found of one event in a buffer: where its texts stand, and its numbers. Used again. */
export class FoundEvent {
  readonly from = new Int32Array(PLACES); // -1: absent
  readonly to = new Int32Array(PLACES);
  typeNumber = 0;
  atMs = 0;
  consent = -1; // 0, 1; -1: absent
  robot = false;
  itemCount = 0;
  itemFrom = new Int32Array(1024);
  itemTo = new Int32Array(1024);
  readonly quantities = new Float64Array(1024);
  readonly prices = new Float64Array(1024); // NaN: absent
  readonly discounts = new Float64Array(1024);

  clear(): void {
    this.from.fill(-1);
    this.typeNumber = -1;
    this.atMs = -1;
    this.consent = -1;
    this.robot = false;
    this.itemCount = 0;
  }
}

/**
 * Events as the bytes that the log holds: tuples of msgpack (`event-codec.ts`), one after the other,
 * and where their ids stand. An import makes them from the bytes of a file, without an object an event.
 */
export class PackedEvents {
  readonly bytes = Buffer.allocUnsafeSlow(BYTES + TUPLE_BYTES_MAX);
  readonly ends = new Uint32Array(PACKED_EVENTS_MAX); // of the tuples
  readonly #idFrom = new Uint32Array(PACKED_EVENTS_MAX);
  readonly #idTo = new Uint32Array(PACKED_EVENTS_MAX);
  /** Ids of items that no earlier event named, since this was made. */
  items: string[] = [];
  count = 0;
  #at = 0;
  readonly #named = new ByteSet();

  get full(): boolean {
    return this.count === PACKED_EVENTS_MAX || this.#at >= BYTES;
  }

  clear(): void {
    this.count = 0;
    this.#at = 0;
    this.items = [];
  }

  /** The bytes of an id, valid until `clear`. */
  id(i: number): Buffer {
    return this.bytes.subarray(this.#idFrom[i], this.#idTo[i]);
  }

  /** Four bytes of an id from its `skip`th on, as a number; zeros where it has no more. */
  idBytes(i: number, skip: number): number {
    const from = this.#idFrom[i]! + skip;
    const to = this.#idTo[i] as number;
    let key = 0;
    for (let at = from; at < from + 4; at += 1) key = (key << 8) | (at < to ? (this.bytes[at] as number) : 0);
    return key >>> 0;
  }

  /** How many of its first `most` bytes an id shares with another. */
  sharedBytes(i: number, other: Uint8Array, most: number): number {
    const from = this.#idFrom[i] as number;
    const end = Math.min(most, this.#idTo[i]! - from);
    let shared = 0;
    while (shared < end && this.bytes[from + shared] === other[shared]) shared += 1;
    return shared;
  }

  startOf(i: number): number {
    return i === 0 ? 0 : (this.ends[i - 1] as number);
  }

  add(event: ShopEvent): void {
    const start = this.#at;
    this.#value(encodeEvent(event));
    const head = this.bytes[start] === 0xdc ? 3 : 1;
    const [idFrom, idTo] = this.#textAt(start + head);
    for (const { item } of event.items) {
      const from = this.#at; // beyond the tuple: looked at, then forgotten
      const length = this.bytes.write(item, from);
      this.#name(this.bytes, from, from + length);
    }
    this.#end(idFrom, idTo);
  }

  /** An event out of the bytes it was found in. Without an id it gets one: a hash of all the rest. */
  pack(source: Buffer, found: FoundEvent): void {
    const { from, itemCount } = found;
    const discounted = hasAny(found.discounts, itemCount);
    let places = found.robot ? 16 : from[PLACE.currency]! >= 0 ? 15 : from[PLACE.visitor]! >= 0 ? 14 : 0;
    if (places === 0) places = discounted ? 13 : lastPlace(found) + 1;
    const hashed = from[PLACE.id]! < 0;
    const start = this.#at;
    this.#list(places);
    const idAt = this.#at;
    if (hashed) this.#at += 1 + HASH_CHARACTERS;
    else this.#span(source, found, PLACE.id);
    const restAt = this.#at;
    this.#number(found.typeNumber);
    this.#number(found.atMs);
    this.#span(source, found, PLACE.session);
    if (places > 4) this.#items(source, found);
    for (let place = 5; place < places; place += 1) {
      if (place === PLACE.consent) this.#byte(found.consent < 0 ? NIL : found.consent === 1 ? TRUE : FALSE);
      else if (place === PLACE.discounts) this.#discounts(found, discounted);
      else if (place === PLACE.robot) this.#byte(TRUE);
      else this.#span(source, found, place);
    }
    if (hashed) this.#hash(idAt, start, restAt);
    this.#end(idAt + 1 + Number(this.bytes[idAt] === 0xd9), hashed ? restAt : this.#idEnd(idAt));
  }

  #idEnd(at: number): number {
    return this.#textAt(at)[1];
  }

  #end(idFrom: number, idTo: number): void {
    this.#idFrom[this.count] = idFrom;
    this.#idTo[this.count] = idTo;
    this.ends[this.count] = this.#at;
    this.count += 1;
  }

  #items(source: Buffer, { itemCount, itemFrom, itemTo, quantities, prices }: FoundEvent): void {
    if (itemCount === 0) return this.#byte(NIL);
    this.#list(itemCount * 3);
    for (let i = 0; i < itemCount; i += 1) {
      const from = itemFrom[i] as number;
      const to = itemTo[i] as number;
      this.#name(source, from, to);
      this.#text(source, from, to);
      this.#number(quantities[i] as number);
      this.#numberOrNil(prices[i] as number);
    }
  }

  #discounts({ itemCount, discounts }: FoundEvent, some: boolean): void {
    if (!some) return this.#byte(NIL);
    this.#list(itemCount);
    for (let i = 0; i < itemCount; i += 1) this.#numberOrNil(discounts[i] as number);
  }

  #name(source: Buffer, from: number, to: number): void {
    if (this.#named.add(source, from, to)) this.items.push(source.toString('utf8', from, to));
  }

  #span(source: Buffer, { from, to }: FoundEvent, place: number): void {
    const start = from[place] as number;
    if (start < 0) this.#byte(NIL);
    else this.#text(source, start, to[place] as number);
  }

  #text(source: Buffer, from: number, to: number): void {
    const { bytes } = this;
    const length = to - from;
    let at = this.#at;
    if (length < 32) bytes[at++] = 0xa0 | length;
    else if (length < 256) {
      bytes[at++] = 0xd9;
      bytes[at++] = length;
    } else {
      bytes[at++] = 0xda;
      bytes[at++] = length >> 8;
      bytes[at++] = length & 255;
    }
    if (length > 40) bytes.set(source.subarray(from, to), at);
    else for (let i = 0; i < length; i += 1) bytes[at + i] = source[from + i] as number;
    this.#at = at + length;
  }

  #numberOrNil(value: number): void {
    if (value === value) this.#number(value);
    else this.#byte(NIL);
  }

  #number(value: number): void {
    const { bytes } = this;
    if (value >= 0 && value < 128 && Number.isInteger(value) && !Object.is(value, -0)) {
      bytes[this.#at++] = value;
      return;
    }
    FLOAT[0] = value;
    let at = this.#at;
    bytes[at++] = 0xcb;
    for (let i = 7; i >= 0; i -= 1) bytes[at++] = FLOAT_BYTES[i] as number;
    this.#at = at;
  }

  #list(length: number): void {
    const { bytes } = this;
    if (length < 16) return this.#byte(0x90 | length);
    bytes[this.#at++] = 0xdc;
    bytes[this.#at++] = length >> 8;
    bytes[this.#at++] = length & 255;
  }

  #byte(value: number): void {
    this.bytes[this.#at++] = value;
  }

  /** Any value that a tuple may hold. */
  #value(value: unknown): void {
    if (value === null || value === undefined) this.#byte(NIL);
    else if (typeof value === 'boolean') this.#byte(value ? TRUE : FALSE);
    else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') this.#string(value);
    else {
      const list = value as readonly unknown[];
      this.#list(list.length);
      for (const one of list) this.#value(one);
    }
  }

  #string(text: string): void {
    const length = SCRATCH.write(text);
    this.#text(SCRATCH, 0, length);
  }

  /** Where the text begins and ends whose head stands at `at`. */
  #textAt(at: number): [number, number] {
    const head = this.bytes[at] as number;
    if (head !== 0xd9) return [at + 1, at + 1 + (head & 31)];
    return [at + 2, at + 2 + (this.bytes[at + 1] as number)];
  }

  /** Writes the id, sixteen hexadecimal digits behind an `h`, of the bytes that follow it. */
  #hash(idAt: number, start: number, restAt: number): void {
    const { bytes } = this;
    let a = 0xdead_beef ^ (bytes[start] as number);
    let b = 0x41c6_ce57;
    for (let i = restAt; i < this.#at; i += 1) {
      a = Math.imul(a ^ (bytes[i] as number), 0x9e37_79b1);
      b = Math.imul(b ^ (bytes[i] as number), 0x5f35_6495);
      a ^= b >>> 15;
      b ^= a >>> 13;
    }
    a = Math.imul(a ^ (a >>> 16), 0x85eb_ca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2_ae35);
    b = Math.imul(b ^ (b >>> 16), 0x85eb_ca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2_ae35);
    bytes[idAt] = 0xa0 | HASH_CHARACTERS;
    bytes[idAt + 1] = 0x68; // h
    for (let i = 0; i < 8; i += 1) {
      bytes[idAt + 2 + i] = HEX.charCodeAt((a >>> (28 - 4 * i)) & 15);
      bytes[idAt + 10 + i] = HEX.charCodeAt((b >>> (28 - 4 * i)) & 15);
    }
  }
}

const [NIL, FALSE, TRUE] = [0xc0, 0xc2, 0xc3] as const;
const HEX = '0123456789abcdef';
const HASH_CHARACTERS = 17;
const FLOAT = new Float64Array(1);
const FLOAT_BYTES = new Uint8Array(FLOAT.buffer);
const SCRATCH = Buffer.allocUnsafeSlow(4096); // of one text: a query has 1 KiB at most

/** Numbers of the types by their names. */
export const TYPES_BY_NAME: ReadonlyMap<string, number> = new Map(Object.entries(TYPE_NUMBERS));

function hasAny(values: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i += 1) if (values[i] === values[i]) return true;
  return false;
}

/** The last place that holds something, of those up to the device. */
function lastPlace({ from, consent, itemCount }: FoundEvent): number {
  for (let place = PLACE.device as number; place > PLACE.items; place -= 1) {
    if (place === PLACE.consent ? consent >= 0 : (from[place] as number) >= 0) return place;
  }
  return itemCount > 0 ? PLACE.items : PLACE.session;
}
