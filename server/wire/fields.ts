import { type FailureCode, ServeError } from '../core/errors.ts';
import { LIMITS } from './schema.ts';

/**
 * The fields of one map of a message, read by name and checked. What fails says where, what was
 * expected and what came: `events[3].items[0].quantity: expected an integer of at least 1, got
 * "two"`. Fields nobody asks for are ignored; null is taken as absent.
 */
export class Fields {
  readonly #map: Readonly<Record<string, unknown>>;

  private constructor(
    map: object,
    private readonly where: Where,
  ) {
    this.#map = map as Record<string, unknown>;
  }

  /** `what` names the map in the error when it is none: "a request". */
  static of(value: unknown, what: string, where: Where = ROOT): Fields {
    if (
      typeof value !== 'object' ||
      value === null ||
      Array.isArray(value) ||
      value instanceof Uint8Array
    ) {
      throw mismatch(where, `${what} as a map`, value, 'bad_request');
    }
    return new Fields(value, where);
  }

  /** The field as it came; undefined when absent. */
  raw(name: string): unknown {
    const value = Object.hasOwn(this.#map, name) ? this.#map[name] : undefined;
    return value === null ? undefined : value;
  }

  /** Every field and its value, null left out. */
  entries(): [string, unknown][] {
    return Object.entries(this.#map).filter(([, value]) => value !== null);
  }

  /** Every field's name, also of those that hold null. */
  names(): string[] {
    return Object.keys(this.#map);
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined;
  }

  fail(name: string, expected: string, code: FailureCode = 'bad_argument'): never {
    throw mismatch(this.at(name), expected, this.raw(name), code);
  }

  at(name: string | number): Where {
    return { parent: this.where, key: name };
  }

  /** An id of at most `idBytesMax` bytes; a non-negative integer becomes its decimal digits. */
  id(name: string): string {
    return asId(this.raw(name), this.at(name));
  }

  optionalId(name: string): string | undefined {
    return this.has(name) ? this.id(name) : undefined;
  }

  text(name: string, bytesMax: number): string {
    return asText(this.raw(name), this.at(name), bytesMax);
  }

  optionalText(name: string, bytesMax: number): string | undefined {
    return this.has(name) ? this.text(name, bytesMax) : undefined;
  }

  flag(name: string): boolean | undefined {
    const value = this.raw(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.fail(name, 'true or false');
  }

  integer(name: string, min: number, max: number): number {
    return asInteger(this.raw(name), this.at(name), min, max);
  }

  optionalInteger(name: string, min: number, max: number): number | undefined {
    return this.has(name) ? this.integer(name, min, max) : undefined;
  }

  /** A finite number of at least `min`. */
  optionalNumber(name: string, min: number): number | undefined {
    const value = this.raw(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isFinite(value) && value >= min) return value;
    return this.fail(name, `a number of at least ${min}`);
  }

  oneOf<Name extends string>(name: string, names: readonly Name[]): Name {
    return asOneOf(this.raw(name), this.at(name), names);
  }

  /** Each element of a list of `min` to `max`. */
  list<Out>(
    name: string,
    min: number,
    max: number,
    each: (value: unknown, where: Where) => Out,
  ): Out[] {
    const value = this.raw(name);
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      return this.fail(name, `a list of ${min} to ${max} elements`);
    }
    const where = this.at(name);
    return value.map((one, i) => each(one, { parent: where, key: i }));
  }

  optionalList<Out>(
    name: string,
    max: number,
    each: (value: unknown, where: Where) => Out,
  ): Out[] | undefined {
    return this.has(name) ? this.list(name, 0, max, each) : undefined;
  }
}

/** Where in a message something stands; written out only when it is wrong. */
export interface Where {
  readonly parent: Where | null; // null: the message itself
  readonly key: string | number; // of the message: its name among others, such as a line's number
}
export const ROOT: Where = { parent: null, key: '' };

export const ID_RULE = `an id: text of 1 to ${LIMITS.idBytesMax} bytes without control characters`;

export function asId(value: unknown, where: Where): string {
  if (typeof value === 'string' && isId(value)) return value;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return String(value);
  throw mismatch(
    where,
    `${ID_RULE}, or an integer from 0`,
    value,
  );
}

export function asText(value: unknown, where: Where, bytesMax: number): string {
  if (typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= bytesMax) return value;
  throw mismatch(where, `text of 1 to ${bytesMax} bytes`, value);
}

export function asInteger(value: unknown, where: Where, min: number, max: number): number {
  if (Number.isInteger(value) && (value as number) >= min && (value as number) <= max) {
    return value as number;
  }
  const open = max === Number.MAX_SAFE_INTEGER;
  throw mismatch(
    where, open ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`, value);
}

export function asOneOf<Name extends string>(
  value: unknown, where: Where, names: readonly Name[],
): Name {
  if (names.includes(value as Name)) return value as Name;
  throw mismatch(where, `one of ${names.join(', ')}`, value);
}

const PLAIN_MAX = Math.min(64, LIMITS.idBytesMax);
/** Control characters, for ids become lines of files; half surrogate pairs, which are no UTF-8. */
const NOT_IN_IDS = /[\p{Cc}\p{Cs}]/u;

/** Whether a text may be an id, of the wire or of a file. */
export function isId(text: string): boolean {
  if (isPlainId(text)) return true;
  return text !== '' && Buffer.byteLength(text) <= LIMITS.idBytesMax && !NOT_IN_IDS.test(text);
}

/** Whether it is short, and of printable ASCII alone, as most are. */
function isPlainId(text: string): boolean {
  const { length } = text;
  if (length === 0 || length > PLAIN_MAX) return false;
  for (let i = 0; i < length; i += 1) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return true;
}

function mismatch(
  where: Where,
  expected: string,
  got: unknown,
  code: FailureCode = 'bad_argument',
): ServeError {
  const path = pathOf(where);
  return new ServeError(
    code,
    `${path === '' ? '' : `${path}: `}expected ${expected}, got ${shown(got)}`,
  );
}

export function pathOf({ parent, key }: Where): string {
  if (parent === null) return String(key);
  const before = pathOf(parent);
  if (typeof key === 'number') return `${before}[${key}]`;
  if (before === '') return key;
  return parent.parent === null ? `${before}, ${key}` : `${before}.${key}`;
}

const SHOWN_MAX = 40; // characters of a wrong value that its sender is shown

/** A wrong value, short. */
export function shown(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value instanceof Uint8Array) return `${value.byteLength} bytes`;
  if (typeof value === 'object') return 'a map';
  const text = String(value);
  const short = text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
  return typeof value === 'string' ? JSON.stringify(short) : short;
}
