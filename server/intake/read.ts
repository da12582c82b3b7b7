import { createHash } from 'node:crypto';
import { asId, Fields, isId, type Where } from '../wire/fields.ts';
import { isRobot } from '../wire/robots.ts';
import { LIMITS } from '../wire/schema.ts';
import type { Device, EventItem, ShopEvent } from '../wire/schema.ts';
import type { Draft } from './adapter.ts';

const TIME_MS_MIN = Date.UTC(2000, 0, 1);
const TIME_MS_MAX = 32_503_680_000_000; // of the year 3000: later than that it is another unit
const PER_MS = { s: 0.001, ms: 1, us: 1000 } as const;

/** The map that a field holds; undefined where it is absent. */
export function inside(fields: Fields | undefined, name: string): Fields | undefined {
  if (fields === undefined || !fields.has(name)) return undefined;
  return Fields.of(fields.raw(name), 'a map', fields.at(name));
}

/** Each map of a list that may be absent. */
export function each<Out>(
  fields: Fields | undefined, name: string, max: number, read: (one: Fields) => Out,
): Out[] {
  if (fields === undefined) return [];
  return fields.optionalList(name, max, (value, where) => read(Fields.of(value, 'a map', where))) ?? [];
}

/** A number of at least 0, also as text, as many exports write it. */
export function amount(fields: Fields | undefined, name: string): number | undefined {
  if (fields === undefined || !fields.has(name)) return undefined;
  const value = fields.raw(name);
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  if (typeof number === 'number' && number >= 0 && number < Infinity) return number;
  return fields.fail(name, 'a number of at least 0');
}

/** How many there are: 1 where nothing is said. */
export function quantity(fields: Fields | undefined, name: string): number {
  const value = amount(fields, name) ?? 1;
  return Number.isSafeInteger(value) && value >= 1 ? value : fields!.fail(name, 'an integer of at least 1');
}

/** A time as an integer of a unit, also as text, or in ISO 8601; `nowMs` where it is absent. */
export function time(fields: Fields, name: string, unit: keyof typeof PER_MS, nowMs: number): number {
  if (!fields.has(name)) return nowMs;
  const value = fields.raw(name);
  const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  const ms = typeof number === 'number' ? Math.floor(number / PER_MS[unit])
    : typeof value === 'string' && /^\d{4}-\d\d-\d\d[T ]/.test(value) ? Date.parse(value) : NaN;
  if (ms >= TIME_MS_MIN && ms < TIME_MS_MAX) return ms;
  return fields.fail(name, 'a time of the year 2000 or later');
}

/** Text of an id; longer than ours may be, it is a hash. */
export function anyId(fields: Fields | undefined, name: string): string | undefined {
  if (fields === undefined || !fields.has(name)) return undefined;
  const value = fields.raw(name);
  if (typeof value === 'string' && value !== '' && !isId(value)) return hash([value]);
  return value === '' ? undefined : asId(value, fields.at(name));
}

/** A text short enough to be one of ours; else nothing. */
export function shortText(fields: Fields | undefined, name: string, bytesMax: number): string | undefined {
  const value = fields?.raw(name);
  return typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= bytesMax ? value : undefined;
}

/** Twenty-two characters that depend on all that is given. */
export function hash(parts: unknown): string {
  return createHash('sha256').update(canonical(parts)).digest('base64url').slice(0, 22);
}

/** JSON with its keys in order: the same content is the same text. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    (typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one));
}

export function currency(fields: Fields | undefined, name: string): string | undefined {
  if (fields === undefined || !fields.has(name)) return undefined;
  const code = fields.raw(name);
  if (typeof code === 'string' && /^[A-Za-z]{3}$/.test(code)) return code.toUpperCase();
  return fields.fail(name, 'three letters, as in ISO 4217');
}

/** What a system calls a device, as we do. */
export function device(name: unknown): Device | undefined {
  if (typeof name !== 'string') return undefined;
  const word = name.toLowerCase();
  return word === 'mobile' || word === 'phone' ? 'phone'
    : word === 'desktop' || word === 'tablet' ? word : undefined;
}

export function country(code: unknown): string | undefined {
  return typeof code === 'string' && /^[A-Za-z]{2}$/.test(code) ? code.toUpperCase() : undefined;
}

/** Fields that are left out where there is nothing to say. */
export function fill(event: Draft, more: {
  readonly customer?: string | undefined; readonly visitor?: string | undefined;
  readonly currency?: string | undefined; readonly attribution?: string | undefined;
  readonly query?: string | undefined; readonly device?: Device | undefined;
  readonly country?: string | undefined; readonly userAgent?: string | undefined;
  readonly consent?: boolean | undefined;
}): ShopEvent {
  const { userAgent, ...named } = more;
  for (const [name, value] of Object.entries(named)) {
    if (value !== undefined) (event as unknown as Record<string, unknown>)[name] = value;
  }
  if (userAgent !== undefined && isRobot(userAgent)) event.robot = true;
  return event;
}

export function item(id: string, count: number, price?: number, discount?: number): EventItem {
  return {
    item: id, quantity: count, ...(price !== undefined && { price }), ...(discount !== undefined && { discount }),
  };
}

export const ATTRIBUTION_BYTES_MAX = LIMITS.idBytesMax;
export const QUERY_BYTES_MAX = LIMITS.queryBytesMax;
export const ITEMS_MAX = 1000;
export type { Where };
