/**
 * JSON with every integer beyond 2^53, and of no more digits than 2^64 has, as a bigint; all else
 * as `JSON.parse` has it. Several times slower than that: for texts in which `scanJson` saw such an
 * integer. Throws a SyntaxError.
 */
export function parseExact(text: string): unknown {
  const parser = new Parser(text);
  const value = parser.value();
  parser.end();
  return value;
}

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\.)*"/y;
const SPACE = /[ \t\r\n]*/y;
const INTEGER_LENGTH_MAX = 21; // a sign and 20 digits; a bigint of 4 MB of them takes seconds
const WORDS: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };

/** Recursive descent; `scanJson` has bounded the depth. */
class Parser {
  #at = 0;

  constructor(private readonly text: string) {
    this.#skip();
  }

  value(): unknown {
    const char = this.text[this.#at];
    if (char === '{') return this.#map();
    if (char === '[') return this.#list();
    if (char === '"') return this.#string();
    for (const word in WORDS) {
      if (this.text.startsWith(word, this.#at)) {
        this.#move(word.length);
        return WORDS[word];
      }
    }
    return this.#number();
  }

  end(): void {
    if (this.#at < this.text.length) this.#fail();
  }

  #map(): Record<string, unknown> {
    const entries: [string, unknown][] = [];
    this.#move(1);
    while (this.text[this.#at] !== '}') {
      if (entries.length > 0) this.#expect(',');
      if (this.text[this.#at] !== '"') this.#fail();
      const key = this.#string();
      this.#expect(':');
      entries.push([key, this.value()]);
    }
    this.#move(1);
    return Object.fromEntries(entries); // defines `__proto__` as any other key, as JSON.parse does
  }

  #list(): unknown[] {
    const list: unknown[] = [];
    this.#move(1);
    while (this.text[this.#at] !== ']') {
      if (list.length > 0) this.#expect(',');
      list.push(this.value());
    }
    this.#move(1);
    return list;
  }

  #string(): string {
    return JSON.parse(this.#match(STRING)[0]) as string;
  }

  #number(): number | bigint {
    const [digits, fraction, exponent] = this.#match(NUMBER);
    const number = Number(digits);
    const whole = fraction === undefined && exponent === undefined;
    if (!whole || Number.isSafeInteger(number) || digits.length > INTEGER_LENGTH_MAX) return number;
    return BigInt(digits);
  }

  #match(pattern: RegExp): RegExpExecArray {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (!found) this.#fail();
    this.#move(found[0].length);
    return found;
  }

  #expect(char: string): void {
    if (this.text[this.#at] !== char) this.#fail();
    this.#move(1);
  }

  /** On by `count`, and over the space that follows. */
  #move(count: number): void {
    this.#at += count;
    this.#skip();
  }

  #skip(): void {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.text)?.[0].length ?? 0;
  }

  #fail(): never {
    const what = this.#at < this.text.length ? `character '${this.text[this.#at]}'` : 'end of text';
    throw new SyntaxError(`unexpected ${what} at position ${this.#at}`);
  }
}
