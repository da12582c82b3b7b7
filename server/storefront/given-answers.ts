/** An answer that events may echo. */
export interface Answer {
  readonly rows: Uint32Array;
  readonly stages: Uint8Array; // bits of the stages that each row has reached
}

const WORDS_START = 4096;

/**
 * The newest answers by number, counted up from 1. Their rows lie in one array, in a ring: thousands are
 * given a second, and few are ever echoed. One that is gets an object of its own, which whoever holds it
 * keeps for longer.
 */
export class GivenAnswers {
  count = 0;
  #rows = new Uint32Array(WORDS_START); // word w of all that were written is at w % length
  #end = 0; // words that were written
  readonly #starts: Float64Array; // of answer n at n % answersMax
  readonly #tags = new Map<number, string>(); // of those that have one
  readonly #echoed = new Map<number, Answer>();

  constructor(private readonly answersMax: number) {
    this.#starts = new Float64Array(answersMax + 1);
  }

  /** Its number. */
  add(rows: Uint32Array, tag: string): number {
    const number = (this.count += 1);
    const gone = number - this.answersMax;
    this.#tags.delete(gone);
    this.#echoed.delete(gone);
    this.#starts[number % this.#starts.length] = this.#end;
    const oldest = this.#startOf(Math.max(1, gone + 1));
    if (this.#end + rows.length - oldest > this.#rows.length) this.#grow(oldest, rows.length);
    const { length } = this.#rows;
    for (let i = 0; i < rows.length; i += 1) this.#rows[(this.#end + i) % length] = rows[i] as number;
    this.#end += rows.length;
    if (tag !== '') this.#tags.set(number, tag);
    return number;
  }

  /** Undefined where there is none of that number and tag, or it was too long ago. */
  get(number: number, tag: string): Answer | undefined {
    if (!(number >= 1) || number > this.count || number <= this.count - this.answersMax) return undefined;
    if ((this.#tags.get(number) ?? '') !== tag) return undefined;
    const known = this.#echoed.get(number);
    if (known) return known;
    const start = this.#startOf(number);
    const end = number === this.count ? this.#end : this.#startOf(number + 1);
    const rows = Uint32Array.from({ length: end - start }, (_, i) =>
      this.#rows[(start + i) % this.#rows.length] as number);
    const answer = { rows, stages: new Uint8Array(rows.length) };
    this.#echoed.set(number, answer);
    return answer;
  }

  #startOf(number: number): number {
    return this.#starts[number % this.#starts.length] as number;
  }

  /** Room for the words from `oldest` on and as many more. */
  #grow(oldest: number, more: number): void {
    let { length } = this.#rows;
    while (this.#end - oldest + more > length) length *= 2;
    const larger = new Uint32Array(length);
    for (let word = oldest; word < this.#end; word += 1) {
      larger[word % length] = this.#rows[word % this.#rows.length] as number;
    }
    this.#rows = larger;
  }
}
