import { utcMs } from './zoned-time.ts';

/**
 * Milliseconds since 1970 of a time in a file: an integer of ten digits (seconds), thirteen
 * (milliseconds) or sixteen (microseconds), or a date and time of ISO 8601 with a T or a blank, with or
 * without seconds and parts of them, behind it `Z`, ` UTC`, an offset, or nothing: then it is read in
 * `zone`. NaN where it is none of these.
 */
export function readTime(source: Uint8Array, from: number, to: number, zone: string): number {
  const digits = digitsFrom(source, from, to);
  if (from + digits === to) return readInteger(source, from, digits);
  if (digits !== 4 || to - from < 10) return NaN;
  const year = number(source, from, 4);
  const month = number(source, from + 5, 2);
  const day = number(source, from + 8, 2);
  if (source[from + 4] !== DASH || source[from + 7] !== DASH) return NaN;
  if (!(month >= 1 && month <= 12 && day >= 1 && day <= daysOf(year, month))) return NaN;
  let local = daysFrom1970(year, month, day) * DAY_MS;
  let at = from + 10;
  if (at === to) return zone === 'UTC' ? local : utcMs(local, zone);
  if (source[at] !== 0x54 && source[at] !== BLANK) return NaN;
  const hour = number(source, at + 1, 2);
  const minute = number(source, at + 4, 2);
  if (!(hour < 24 && minute < 60 && source[at + 3] === COLON) || at + 6 > to) return NaN;
  local += (hour * 60 + minute) * 60_000;
  at += 6;
  if (source[at] === COLON && at < to) {
    const second = number(source, at + 1, 2);
    if (!(second < 60) || at + 3 > to) return NaN;
    local += second * 1000;
    at += 3;
    if (source[at] === DOT && at < to) {
      const places = digitsFrom(source, at + 1, to);
      if (places === 0) return NaN;
      for (let i = 0; i < 3 && i < places; i += 1) local += (source[at + 1 + i]! - ZERO) * 10 ** (2 - i);
      at += 1 + places;
    }
  }
  return zoned(local, source, at, to, zone);
}

function zoned(local: number, source: Uint8Array, at: number, to: number, zone: string): number {
  if (at === to) return zone === 'UTC' ? local : utcMs(local, zone);
  if (at + 1 === to && source[at] === 0x5a) return local;
  if (at + 4 === to && source[at] === BLANK && source[at + 1] === 0x55 && source[at + 2] === 0x54 &&
    source[at + 3] === 0x43) return local;
  const sign = source[at] === 0x2b ? 1 : source[at] === DASH ? -1 : 0;
  if (sign === 0) return NaN;
  const colon = source[at + 3] === COLON ? 1 : 0;
  if (to - at !== 5 + colon) return NaN;
  const minutes = number(source, at + 1, 2) * 60 + number(source, at + 3 + colon, 2);
  return local - sign * minutes * 60_000;
}

function readInteger(source: Uint8Array, from: number, digits: number): number {
  const value = number(source, from, digits);
  if (digits === 13 || digits === 12) return value;
  if (digits === 10 || digits === 9) return value * 1000;
  return digits === 16 ? Math.floor(value / 1000) : NaN;
}

const [ZERO, DASH, COLON, BLANK, DOT] = [0x30, 0x2d, 0x3a, 0x20, 0x2e];
const DAY_MS = 86_400_000;

function digitsFrom(source: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && source[at]! >= ZERO && source[at]! <= 0x39) at += 1;
  return at - from;
}

/** NaN where one of them is no digit. */
function number(source: Uint8Array, from: number, digits: number): number {
  let value = 0;
  for (let i = from; i < from + digits; i += 1) {
    const digit = (source[i] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return NaN;
    value = value * 10 + digit;
  }
  return value;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Of the Gregorian calendar, counted from March on, as leap days come last then. */
function daysFrom1970(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}
