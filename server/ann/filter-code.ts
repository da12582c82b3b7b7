import { ServeError } from '../core/errors.ts';

/** A filter over items, by the numbers that `NativeFilterIndex` knows them by. */
export type FilterExpression =
  | 'everything'
  /** In any of these categories; in none of them when the list is empty. */
  | { readonly category: ArrayLike<number> }
  | { readonly flag: number }
  /** Both ends belong to the range; an item without the number is in no range. */
  | { readonly column: number; readonly min?: number; readonly max?: number }
  /** These rows; quickest in ascending order. */
  | { readonly rows: ArrayLike<number> }
  | { readonly not: FilterExpression }
  | { readonly all: readonly FilterExpression[] }
  | { readonly any: readonly FilterExpression[] };

/** Operators as `native/filter/program.h` has them. */
const OP = { everything: 0, category: 1, flag: 2, number: 3, rows: 4, not: 5, all: 6, any: 7 } as const;

/** Members that each form has, the first of which names it. */
const FORMS: readonly (readonly [string, ...string[]])[] = [
  ['category'], ['flag'], ['column', 'min', 'max'], ['rows'], ['not'], ['all'], ['any'],
];
const WORDS_MIN = 256;
const DEPTH_MAX = 16;

/**
 * Writes expressions as the addon reads them: prefix order, one array for all of them. Fails with
 * `bad_argument` for what is no expression; what depends on the index (a flag that is not there) the
 * addon says when it reads it. Expressions nest up to 16 deep, and have at most 4,096 parts.
 */
export class FilterCode {
  #words = new Uint32Array(WORDS_MIN);
  #end = 0;
  readonly #number = new Float64Array(1);
  readonly #halves = new Uint32Array(this.#number.buffer);

  /** The code of an expression. Valid until the next call. */
  of(expression: FilterExpression): Uint32Array {
    this.#end = 0;
    this.#write(expression, 1);
    return this.#words.subarray(0, this.#end);
  }

  #write(expression: FilterExpression, depth: number): void {
    if (depth > DEPTH_MAX) throw wrong(`a filter may nest ${DEPTH_MAX} deep`);
    if (expression === 'everything') return this.#push(OP.everything);
    checkForm(expression);
    if ('category' in expression) return this.#list(OP.category, expression.category, 'category');
    if ('rows' in expression) return this.#list(OP.rows, expression.rows, 'rows');
    if ('flag' in expression) {
      this.#push(OP.flag);
      return this.#push(word(expression.flag, 'flag'));
    }
    if ('column' in expression) {
      this.#push(OP.number);
      this.#push(word(expression.column, 'column'));
      this.#float(expression.min ?? -Infinity, 'min');
      return this.#float(expression.max ?? Infinity, 'max');
    }
    if ('not' in expression) {
      this.#push(OP.not);
      return this.#write(expression.not, depth + 1);
    }
    const name = 'all' in expression ? 'all' : 'any';
    const parts = 'all' in expression ? expression.all : expression.any;
    if (!Array.isArray(parts)) throw wrong(`${name} must be a list of filters, it is ${told(parts)}`);
    this.#push(OP[name]);
    this.#push(parts.length);
    for (const part of parts) this.#write(part, depth + 1);
  }

  #list(op: number, values: ArrayLike<number>, name: string): void {
    if (!Array.isArray(values) && !ArrayBuffer.isView(values)) {
      throw wrong(`${name} must be a list of numbers, it is ${told(values)}`);
    }
    if (!(values instanceof Uint32Array)) {
      for (let i = 0; i < values.length; i += 1) word(values[i], `an entry of ${name}`);
    }
    this.#push(op);
    this.#push(values.length);
    this.#reserve(values.length);
    this.#words.set(values, this.#end);
    this.#end += values.length;
  }

  #float(value: number, name: string): void {
    if (typeof value !== 'number' || Number.isNaN(value)) throw wrong(`${name} must be a number, it is ${told(value)}`);
    this.#number[0] = value;
    this.#push(this.#halves[0] as number); // little-endian, as every machine we build for
    this.#push(this.#halves[1] as number);
  }

  #push(value: number): void {
    this.#reserve(1);
    this.#words[this.#end++] = value;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#words.length) return;
    const larger = new Uint32Array(Math.max(2 * this.#words.length, this.#end + count));
    larger.set(this.#words);
    this.#words = larger;
  }
}

/** Exactly the members of one form. */
function checkForm(expression: object): void {
  if (typeof expression === 'object' && expression !== null) {
    const form = FORMS.find(([name]) => name in expression);
    if (form && Object.keys(expression).every((name) => form.includes(name))) return;
  }
  const known = FORMS.map((form) => `{${form.join(', ')}}`).join(', ');
  throw wrong(`a filter is 'everything' or one of ${known}, it is ${told(expression)}`);
}

/** A number that is one word of the code as it stands. */
function word(value: unknown, name: string): number {
  if (typeof value === 'number' && value >>> 0 === value) return value;
  throw wrong(`${name} must be a whole number of 0..2^32-1, it is ${told(value)}`);
}

function told(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 60));
  if (typeof value !== 'object' || value === null) return String(value);
  return Array.isArray(value) ? `a list of ${value.length}` : `{${Object.keys(value).slice(0, 9).join(', ')}}`;
}

function wrong(detail: string): ServeError {
  return new ServeError('bad_argument', detail);
}
