/**
 * The keys of an index's vectors, kept in the index's own file as its note: one file is saved, checked
 * against its checksum and replaced, so keys are never another index's, and never missing.
 *
 *   {"format":"vitrine keys 1","next":NUMBER,"count":NUMBER}     numbers below `next` have been given
 *   ID KEY                                                       a line each; KEY is JSON text, or digits
 */
import { ServeError } from '../core/errors.ts';
import type { NativeVectorIndex } from './binding.ts';
import { NO_ID } from './binding.ts';

/** A string, or a whole number of 0..2^64-1. */
export type Key = string | bigint;

export interface Keys {
  readonly next: number;
  readonly idOf: Map<Key, number>;
  readonly keyOf: Map<number, Key>;
}

const FORMAT = 'vitrine keys 1';
const KEY_MAX = 2n ** 64n - 1n;
const LINES_TOGETHER = 65_536; // a string has an end, a note may be longer
const NEWLINE = 0x0a;

/** The key itself. Fails with `bad_argument` for what could not be given back as it was. */
export function checkedKey(key: unknown): Key {
  if (typeof key === 'string' || (typeof key === 'bigint' && key >= 0n && key <= KEY_MAX)) return key;
  const hint = Number.isSafeInteger(key) && (key as number) >= 0 ? `: write ${String(key)}n` : '';
  const was = typeof key === 'object' && key !== null ? 'an object' : `the ${typeof key} ${String(key)}`;
  throw new ServeError('bad_argument', `a key must be a string or a bigint of 0..2^64-1, it is ${was}${hint}`);
}

/** A key in one line of text: digits, or JSON. */
export function keyText(key: Key | number): string {
  return typeof key === 'string' ? JSON.stringify(key) : String(key);
}

/** The note of these keys. */
export function keyNote(next: number, count: number, entries: Iterable<readonly [Key, number]>): Uint8Array {
  const parts: Buffer[] = [];
  let lines = [JSON.stringify({ format: FORMAT, next, count })];
  const flush = () => {
    parts.push(Buffer.from(lines.join('\n') + '\n'));
    lines = [];
  };
  for (const [key, id] of entries) {
    lines.push(`${id} ${keyText(key)}`);
    if (lines.length === LINES_TOGETHER) flush();
  }
  if (lines.length > 0) flush();
  return new Uint8Array(Buffer.concat(parts));
}

/**
 * The keys of an index that was opened from `path`; null where it has no note. Fails with `storage`
 * where the note is none of keys, or does not name every vector once.
 */
export function keysOf(index: NativeVectorIndex, path: string): Keys | null {
  const note = Buffer.from(index.note);
  if (note.length === 0) return null;
  const wrong = (why: string) => new ServeError('storage', `the keys of ${path} are not as they were saved: ${why}`);
  const { next, count, lines } = headOf(note) ?? {};
  if (next === undefined || count === undefined || lines === undefined) throw wrong('the note is no list of keys');
  const keys: Keys = { next, idOf: new Map(), keyOf: new Map() };
  for (let at = lines, end = 0; at < note.length; at = end + 1) {
    end = note.indexOf(NEWLINE, at);
    const line = note.toString('utf8', at, end < 0 ? note.length : end);
    const [, id, key] = /^(\d{1,10}) (.+)$/.exec(line) ?? [];
    const read = key === undefined ? undefined : parsed(key);
    if (end < 0 || id === undefined || read === undefined) throw wrong(`line '${line.slice(0, 60)}'`);
    if (Number(id) >= next || !index.has(Number(id))) throw wrong(`it names the vector ${id}, which is not there`);
    keys.idOf.set(read, Number(id));
    keys.keyOf.set(Number(id), read);
  }
  const { size } = index;
  if (count === size && keys.idOf.size === size && keys.keyOf.size === size) return keys;
  throw wrong(`${keys.idOf.size} keys name ${keys.keyOf.size} of ${size} vectors`);
}

function headOf(note: Buffer): { next: number; count: number; lines: number } | null {
  const end = note.indexOf(NEWLINE);
  let head: { format?: unknown; next?: unknown; count?: unknown } | null;
  try {
    head = JSON.parse(note.toString('utf8', 0, Math.max(end, 0))) as typeof head;
  } catch {
    return null;
  }
  const { format, next, count } = head ?? {};
  return format === FORMAT && isWhole(next) && isWhole(count) ? { next, count, lines: end + 1 } : null;
}

function isWhole(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= NO_ID;
}

function parsed(text: string): Key | undefined {
  try {
    const key: unknown = /^\d{1,20}$/.test(text) ? BigInt(text) : JSON.parse(text);
    return typeof key === 'number' ? undefined : checkedKey(key);
  } catch {
    return undefined;
  }
}
