import assert from 'node:assert/strict';

/** A first-in-first-out queue of fixed size: nothing is allocated after the constructor. */
export class Ring<T> {
  readonly #places: (T | undefined)[];
  readonly #mask: number; // places are a power of two, so that wrapping is one AND
  #head = 0;
  #count = 0;

  constructor(readonly capacity: number) {
    assert.ok(Number.isInteger(capacity) && capacity >= 1, `capacity ${capacity}`);
    const places = 2 ** Math.ceil(Math.log2(capacity));
    this.#places = new Array<T | undefined>(places).fill(undefined);
    this.#mask = places - 1;
  }

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count === this.capacity;
  }

  /** The ring may not be full. */
  push(value: T): void {
    assert.ok(this.#count < this.capacity, 'the ring is full');
    this.#places[(this.#head + this.#count) & this.#mask] = value;
    this.#count += 1;
  }

  /** The oldest value, still in the ring; undefined when it is empty. */
  peek(): T | undefined {
    return this.#count === 0 ? undefined : this.#places[this.#head];
  }

  /** Takes the oldest value out; undefined when the ring is empty. */
  shift(): T | undefined {
    if (this.#count === 0) return undefined;
    const value = this.#places[this.#head];
    this.#places[this.#head] = undefined; // what has left may be collected
    this.#head = (this.#head + 1) & this.#mask;
    this.#count -= 1;
    return value;
  }
}
