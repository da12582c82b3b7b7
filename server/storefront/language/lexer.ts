import { LANGUAGE_LIMITS, LanguageError } from './ast.ts';

export interface Token {
  /** `word` also where it is one of the language's; `name` in backquotes. */
  readonly kind: 'number' | 'duration' | 'text' | 'word' | 'name' | 'sign' | 'end';
  readonly text: string; // of a text or name: what is inside the quotes
  readonly value: number; // of a number; of a duration in milliseconds
  readonly at: number;
}

const SPACE = /[\s\u00a0]/u;
const WORD_START = /[\p{L}_]/u;
const WORD_PART = /[\p{L}\p{M}\p{N}_]/u;
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const SIGNS = ['<=', '>=', '!=', '<>', '==', '(', ')', '[', ']', ',', '.', '+', '-', '*', '/', '=', '<', '>'];
const SAME_SIGN: Readonly<Record<string, string>> = { '<>': '!=', '==': '=' };
const UNITS: Readonly<Record<string, number>> = {
  s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000,
};
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t' };

/** The words and signs of an expression, and its end. Fails with `LanguageError`. Pure. */
export function tokensOf(source: string): Token[] {
  const { charactersMax } = LANGUAGE_LIMITS;
  if (source.length > charactersMax) {
    throw new LanguageError(`an expression has at most ${charactersMax} characters`, charactersMax);
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < source.length) {
    if (SPACE.test(charAt(source, at))) {
      at += 1;
      continue;
    }
    const token = tokenAt(source, at);
    tokens.push(token.token);
    at = token.end;
  }
  tokens.push({ kind: 'end', text: '', value: 0, at: source.length });
  return tokens;
}

interface Read {
  readonly token: Token;
  readonly end: number;
}

function tokenAt(source: string, at: number): Read {
  const first = charAt(source, at);
  if (first === '"' || first === "'") return quoted(source, at, first, 'text');
  if (first === '`') return quoted(source, at, first, 'name');
  if (WORD_START.test(first)) {
    const end = wordEnd(source, at);
    return { token: { kind: 'word', text: source.slice(at, end), value: 0, at }, end };
  }
  NUMBER.lastIndex = at;
  const number = NUMBER.exec(source);
  if (number) return numberAt(source, at, number[0]);
  const sign = SIGNS.find((one) => source.startsWith(one, at));
  if (sign === undefined) throw new LanguageError(`'${first}' has no meaning here`, at);
  return { token: { kind: 'sign', text: SAME_SIGN[sign] ?? sign, value: 0, at }, end: at + sign.length };
}

/** A number, or with a unit behind it a duration: `30d`. */
function numberAt(source: string, at: number, digits: string): Read {
  const end = at + digits.length;
  const value = Number(digits);
  if (!Number.isFinite(value)) throw new LanguageError(`${digits} is too large a number`, at);
  if (end >= source.length || !WORD_START.test(charAt(source, end))) {
    return { token: { kind: 'number', text: digits, value, at }, end };
  }
  const unitEnd = wordEnd(source, end);
  const unit = source.slice(end, unitEnd);
  const ms = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  if (ms === undefined) {
    throw new LanguageError(`'${unit}' is no unit of time: ${Object.keys(UNITS).join(', ')}`, end);
  }
  return { token: { kind: 'duration', text: digits + unit, value: value * ms, at }, end: unitEnd };
}

function quoted(source: string, at: number, quote: string, kind: 'text' | 'name'): Read {
  let text = '';
  for (let i = at + 1; i < source.length; i += 1) {
    const char = source[i] as string;
    if (char === quote) return { token: { kind, text, value: 0, at }, end: i + 1 };
    if (char !== '\\') {
      text += char;
      continue;
    }
    i += 1;
    const escaped = source[i];
    if (escaped === undefined) break;
    text += ESCAPES[escaped] ?? escaped;
  }
  throw new LanguageError(`the closing ${quote} is missing`, at);
}

function wordEnd(source: string, at: number): number {
  let end = at;
  while (end < source.length && WORD_PART.test(charAt(source, end))) end += charAt(source, end).length;
  return end;
}

/** A letter beyond the first 65,536 is two units of a JavaScript text. */
function charAt(source: string, at: number): string {
  return String.fromCodePoint(source.codePointAt(at) as number);
}
