import { ServeError } from '../core/errors.ts';
import { LIMITS } from './schema.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const OPEN_MAP = 0x7b;
const EXACT_DIGITS = 15; // every integer of as many digits is a double

/**
 * Walks a JSON text before it is parsed: fails with `bad_request` where it nests or counts beyond
 * `LIMITS`. True when it holds an integer that a double may not hold, so that `parseExact` is due.
 * What is not JSON passes: the parser says so better.
 */
export function scanJson(text: string): boolean {
  let depth = 0;
  let containers = 0;
  let exact = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = stringEnd(text, at);
    } else if (code === COMMA) {
      if (depth > 0) countElement(at, depth);
    } else if (code === OPEN_LIST || code === OPEN_MAP) {
      depth += 1;
      containers += 1;
      if (depth > LIMITS.depthMax) fail(at, `maps and lists may nest ${LIMITS.depthMax} deep`);
      if (containers > LIMITS.containersMax) {
        fail(at, `a message may hold ${LIMITS.containersMax} maps and lists`);
      }
      IS_MAP[depth] = code === OPEN_MAP ? 1 : 0;
      ELEMENTS[depth] = 1;
    } else if (code === 0x5d || code === 0x7d) {
      depth -= 1;
    } else if (isDigit(code)) {
      const start = at;
      while (isDigit(text.charCodeAt(at + 1))) at += 1;
      exact ||= at + 1 - start > EXACT_DIGITS && isInteger(text, start, at + 1);
    }
  }
  return exact;
}

// Of the container that is open at each depth.
const IS_MAP = new Uint8Array(LIMITS.depthMax + 1);
const ELEMENTS = new Uint32Array(LIMITS.depthMax + 1);

/** 600,000 unlike keys fit into 4 MiB, and take JSON.parse seconds. */
function countElement(at: number, depth: number): void {
  const count = (ELEMENTS[depth] as number) + 1;
  ELEMENTS[depth] = count;
  if (IS_MAP[depth] === 1) {
    if (count > LIMITS.mapSizeMax) fail(at, `a map may have ${LIMITS.mapSizeMax} entries`);
  } else if (count > LIMITS.listLengthMax) {
    fail(at, `a list may have ${LIMITS.listLengthMax} elements`);
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** Whether the digits are a whole number: not a fraction, not an exponent, nor before one. */
function isInteger(text: string, start: number, end: number): boolean {
  const next = text[end];
  if (next === '.' || next === 'e' || next === 'E') return false;
  const before = text[start - 1] === '-' ? text[start - 2] : text[start - 1];
  return before !== '.' && before !== 'e' && before !== 'E' && before !== '+';
}

/** Index of the closing quote, or the text's length. */
function stringEnd(text: string, open: number): number {
  for (let at = open + 1; ; at += 1) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
}

function fail(at: number, why: string): never {
  throw new ServeError('bad_request', `JSON, character ${at}: ${why}`);
}
