import { ServeError } from '../core/errors.ts';
import { LIMITS } from './schema.ts';

/**
 * Walks a msgpack frame without building anything: fails with `bad_request` naming the offset where
 * it is cut short, nests or counts beyond `LIMITS`, holds an extension type, a map key that is no
 * string, or bytes after its end. A header may claim 2^32 elements in five bytes; what passes here
 * costs a decoder memory in proportion to its length.
 */
export function scanMsgpack(bytes: Uint8Array): void {
  const end = bytes.length;
  let at = 0;
  let depth = 0;
  let containers = 0;
  // Of the container that is open at each depth: elements to come (for a map, keys and values).
  const left = LEFT;
  const inMap = IN_MAP;
  left[0] = 1;
  inMap[0] = 0;
  for (;;) {
    while ((left[depth] as number) === 0) {
      if (depth === 0) {
        if (at !== end) fail(at, `${end - at} bytes follow the end of the message`);
        return;
      }
      depth -= 1;
    }
    if (at >= end) fail(at, 'the message is cut short');
    const head = bytes[at] as number;
    const isKey = inMap[depth] === 1 && ((left[depth] as number) & 1) === 0;
    if (isKey && !isString(head)) fail(at, 'a map key must be a string');
    left[depth] = (left[depth] as number) - 1;

    const fixed = FIXED_BYTES[head] as number; // header, with all of a number
    if (fixed === REFUSED) {
      fail(at, head === 0xc1 ? 'byte 0xc1 means nothing' : 'extension types are not taken');
    }
    if (at + fixed > end) fail(at, 'the message is cut short');
    const kind = KIND[head] as number;
    if (kind === SCALAR) {
      at += fixed;
      continue;
    }
    const count = lengthAt(bytes, at, head);
    const start = at;
    at += fixed;
    if (kind === BYTES) {
      if (count > end - at) fail(start, `${count} bytes are announced and ${end - at} follow`);
      at += count;
      continue;
    }
    const parts = kind === MAP ? count * 2 : count;
    if (parts > end - at) {
      const what = kind === MAP ? 'entries' : 'elements';
      fail(start, `${count} ${what} are announced and ${end - at} bytes follow`);
    }
    if (kind === MAP && count > LIMITS.mapSizeMax) {
      fail(start, `a map may have ${LIMITS.mapSizeMax} entries`);
    }
    if (count > LIMITS.listLengthMax) {
      fail(start, `a list may have ${LIMITS.listLengthMax} elements`);
    }
    containers += 1;
    if (containers > LIMITS.containersMax) {
      fail(start, `a message may hold ${LIMITS.containersMax} maps and lists`);
    }
    if (depth + 1 > LIMITS.depthMax) fail(start, `maps and lists may nest ${LIMITS.depthMax} deep`);
    depth += 1;
    left[depth] = parts;
    inMap[depth] = kind === MAP ? 1 : 0;
  }
}

const LEFT = new Float64Array(LIMITS.depthMax + 1);
const IN_MAP = new Uint8Array(LIMITS.depthMax + 1);

const SCALAR = 0;
const BYTES = 1; // str and bin
const LIST = 2;
const MAP = 3;
const REFUSED = 0;
const KIND = new Uint8Array(256);
const FIXED_BYTES = new Uint8Array(256);
describe(0x00, 0x7f, SCALAR, 1); // positive fixint
describe(0x80, 0x8f, MAP, 1);
describe(0x90, 0x9f, LIST, 1);
describe(0xa0, 0xbf, BYTES, 1); // fixstr
describe(0xc0, 0xc0, SCALAR, 1); // nil
describe(0xc2, 0xc3, SCALAR, 1); // false, true
describe(0xc4, 0xc4, BYTES, 2); // bin 8, 16, 32
describe(0xc5, 0xc5, BYTES, 3);
describe(0xc6, 0xc6, BYTES, 5);
describe(0xca, 0xca, SCALAR, 5); // float 32, 64
describe(0xcb, 0xcb, SCALAR, 9);
describe(0xcc, 0xcc, SCALAR, 2); // uint 8, 16, 32, 64
describe(0xcd, 0xcd, SCALAR, 3);
describe(0xce, 0xce, SCALAR, 5);
describe(0xcf, 0xcf, SCALAR, 9);
describe(0xd0, 0xd0, SCALAR, 2); // int 8, 16, 32, 64
describe(0xd1, 0xd1, SCALAR, 3);
describe(0xd2, 0xd2, SCALAR, 5);
describe(0xd3, 0xd3, SCALAR, 9);
describe(0xd9, 0xd9, BYTES, 2); // str 8, 16, 32
describe(0xda, 0xda, BYTES, 3);
describe(0xdb, 0xdb, BYTES, 5);
describe(0xdc, 0xdc, LIST, 3);
describe(0xdd, 0xdd, LIST, 5);
describe(0xde, 0xde, MAP, 3);
describe(0xdf, 0xdf, MAP, 5);
describe(0xe0, 0xff, SCALAR, 1); // negative fixint

function describe(first: number, last: number, kind: number, fixedBytes: number): void {
  KIND.fill(kind, first, last + 1);
  FIXED_BYTES.fill(fixedBytes, first, last + 1);
}

function isString(head: number): boolean {
  return (head >= 0xa0 && head <= 0xbf) || (head >= 0xd9 && head <= 0xdb);
}

/** The count in a header whose bytes are all there. */
function lengthAt(bytes: Uint8Array, at: number, head: number): number {
  if (head < 0xa0) return head & 0x0f;
  if (head < 0xc0) return head & 0x1f;
  const width = (FIXED_BYTES[head] as number) - 1;
  let count = 0;
  for (let i = 1; i <= width; i += 1) count = count * 256 + (bytes[at + i] as number);
  return count;
}

function fail(at: number, why: string): never {
  throw new ServeError('bad_request', `msgpack, byte ${at}: ${why}`);
}
