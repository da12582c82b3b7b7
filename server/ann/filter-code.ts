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

const WORDS_MIN = 256;

/**
 * Writes expressions as the addon reads them: prefix order, one array for all of them. What is wrong
 * with an expression (a flag that is not there, too deep) the addon says when it reads it.
 */
export class FilterCode {
  #words = new Uint32Array(WORDS_MIN);
  #end = 0;
  readonly #number = new Float64Array(1);
  readonly #halves = new Uint32Array(this.#number.buffer);

  /** The code of an expression. Valid until the next call. */
  of(expression: FilterExpression): Uint32Array {
    this.#end = 0;
    this.#write(expression);
    return this.#words.subarray(0, this.#end);
  }

  #write(expression: FilterExpression): void {
    if (expression === 'everything') return this.#push(OP.everything);
    if ('category' in expression) return this.#list(OP.category, expression.category);
    if ('rows' in expression) return this.#list(OP.rows, expression.rows);
    if ('flag' in expression) {
      this.#push(OP.flag);
      return this.#push(expression.flag);
    }
    if ('column' in expression) {
      this.#push(OP.number);
      this.#push(expression.column);
      this.#float(expression.min ?? -Infinity);
      return this.#float(expression.max ?? Infinity);
    }
    if ('not' in expression) {
      this.#push(OP.not);
      return this.#write(expression.not);
    }
    const parts = 'all' in expression ? expression.all : expression.any;
    this.#push('all' in expression ? OP.all : OP.any);
    this.#push(parts.length);
    for (const part of parts) this.#write(part);
  }

  #list(op: number, values: ArrayLike<number>): void {
    this.#push(op);
    this.#push(values.length);
    this.#reserve(values.length);
    this.#words.set(values, this.#end);
    this.#end += values.length;
  }

  #float(value: number): void {
    this.#number[0] = value;
    this.#push(this.#halves[0] as number); // little-endian, as every machine we build for
    this.#push(this.#halves[1] as number);
  }

  #push(word: number): void {
    this.#reserve(1);
    this.#words[this.#end++] = word;
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#words.length) return;
    const larger = new Uint32Array(Math.max(2 * this.#words.length, this.#end + count));
    larger.set(this.#words);
    this.#words = larger;
  }
}
