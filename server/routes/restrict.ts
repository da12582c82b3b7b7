import { createHash, timingSafeEqual } from 'node:crypto';
import { ServeError } from '../core/errors.ts';
import type { HttpRequest } from '../transport/transport.ts';
import { KserveError } from '../wire/kserve-error.ts';
import type { Op } from '../wire/schema.ts';

/** Triton's groups of endpoints, and ours: what shops send, and the numbers. */
const GROUPS = [
  'health', 'metadata', 'inference', 'shared-memory', 'model-config', 'model-repository',
  'statistics', 'trace', 'logging', 'storefront', 'metrics',
  'experiments',
] as const;
export type Group = (typeof GROUPS)[number];

/** A header that requests of a group must have. */
export interface Key {
  readonly header: string; // in lower case
  readonly value: string;
}
export type Restrictions = ReadonlyMap<Group, Key>;

/** The first that fits a route's pattern says its group. */
const PATTERNS: readonly (readonly [RegExp, Group])[] = [
  [/^\/v2\/health\/|\/ready$/, 'health'],
  [/sharedmemory/, 'shared-memory'],
  [/^\/v2\/repository\//, 'model-repository'],
  [/\/stats$/, 'statistics'],
  [/\/trace\/setting$/, 'trace'],
  [/^\/v2\/logging$/, 'logging'],
  [/\/(infer|generate|generate_stream)$/, 'inference'],
  [/\/config$/, 'model-config'],
  [/^\/v2(\/|$)/, 'metadata'],
  [/^\/v1\/experiments/, 'experiments'],
  [/^\/v1\//, 'storefront'],
  [/^\/metrics$/, 'metrics'],
];

/** The group that a route of this pattern is in; null for none. */
export function groupOf(pattern: string): Group | null {
  return PATTERNS.find(([fits]) => fits.test(pattern))?.[1] ?? null;
}

/** The group of what a WebSocket asks for; null for what anyone may. */
export function groupOfOp(op: Op): Group | null {
  switch (op) {
    case 'infer': return 'inference';
    case 'metadata': return 'metadata';
    case 'ping': case 'cancel': case 'credit': return null;
    default: return 'storefront';
  }
}

/**
 * `GROUP[,GROUP…]:header=value[;…]`, as Triton's `--http-restricted-api` has each. Fails with
 * `bad_argument` naming what it does not know.
 */
export function parseRestrictions(text: string): Restrictions {
  const keys = new Map<Group, Key>();
  for (const part of text.split(';').map((one) => one.trim()).filter((one) => one !== '')) {
    const [, names = '', header = '', value = ''] = /^([^:]+):([^=:\s]+)=(.+)$/.exec(part) ?? [];
    if (names === '') throw wrong(`'${part}' is not GROUP,GROUP:header=value`);
    for (const name of names.split(',').map((one) => one.trim())) {
      const group = GROUPS.find((known) => known === name);
      if (!group) throw wrong(`'${name}' is none of ${GROUPS.join(', ')}`);
      if (keys.has(group)) throw wrong(`'${name}' has two keys`);
      keys.set(group, { header: header.toLowerCase(), value });
    }
  }
  return keys;
}

/** What requests of a group must have; experiments without a key of their own have the storefront's. */
export function keyFor(restrictions: Restrictions, group: Group | null): Key | null {
  if (group === null) return null;
  const own = restrictions.get(group);
  return own ?? (group === 'experiments' ? restrictions.get('storefront') : undefined) ?? null;
}

/** Throws `restricted` unless the request has the key. */
export function checkKey({ header, value }: Key, request: HttpRequest): void {
  if (timingSafeEqual(digest(request.header(header)), digest(value))) return;
  throw new KserveError('restricted', `This API is restricted, expecting header '${header}'`);
}

/** Of one length, so that how long the comparison takes tells nothing. */
function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function wrong(what: string): ServeError {
  return new ServeError('bad_argument', `VITRINE_RESTRICTED_API: ${what}`);
}
