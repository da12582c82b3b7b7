/** Where the varying bytes of a frame are: its id, and the data of its tensors. */
export interface FrameLayout {
  readonly idAt: number; // the value of the first key, which is `id`
  readonly idEnd: number;
  readonly holes: readonly Hole[]; // in the order of the frame, which is that of the tensors
}

/** The bytes `[at, end)` of one tensor's `data`. */
export interface Hole {
  readonly at: number;
  readonly end: number;
}

/**
 * The layout of a frame that `scanMsgpack` has passed: a map whose first key is `id`, and whose
 * `list` (`inputs` or `outputs`) holds maps, each with `data` in bytes. Null for any other: ids
 * elsewhere, tensors as lists of numbers, a key that comes twice.
 */
export function frameLayout(frame: Uint8Array, list: 'inputs' | 'outputs'): FrameLayout | null {
  const walk = new Walk(frame);
  let entries = walk.open(MAP);
  if (entries < 1 || walk.text() !== 'id') return null;
  const idAt = walk.at;
  walk.skip();
  const idEnd = walk.at;
  let holes: Hole[] | null = null;
  for (entries -= 1; entries > 0; entries -= 1) {
    const key = walk.text();
    if (key === 'id' || (key === list && holes !== null)) return null;
    if (key !== list) {
      walk.skip();
      continue;
    }
    holes = tensorHoles(walk);
    if (holes === null) return null;
  }
  return holes === null ? null : { idAt, idEnd, holes };
}

/** The bytes `[at, end)` of each element of a list, in a frame that `scanMsgpack` has passed. */
export function listElements(frame: Uint8Array): Hole[] {
  const walk = new Walk(frame);
  const elements: Hole[] = [];
  for (let left = walk.open(LIST); left > 0; left -= 1) {
    const { at } = walk;
    walk.skip();
    elements.push({ at, end: walk.at });
  }
  return elements;
}

function tensorHoles(walk: Walk): Hole[] | null {
  const holes: Hole[] = [];
  for (let tensors = walk.open(LIST); tensors !== 0; tensors -= 1) {
    let hole: Hole | null = null;
    let entries = walk.open(MAP);
    if (tensors < 0 || entries < 0) return null;
    for (; entries > 0; entries -= 1) {
      if (walk.text() !== 'data') {
        walk.skip();
        continue;
      }
      const bytes = walk.bin();
      if (bytes < 0 || hole !== null) return null;
      hole = { at: walk.at - bytes, end: walk.at };
    }
    if (hole === null) return null;
    holes.push(hole);
  }
  return holes;
}

const LIST = 0x90;
const MAP = 0x80;

/** Steps over the values of a valid frame. */
class Walk {
  at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Enters a container: its count, or -1 when something else stands here. */
  open(kind: typeof LIST | typeof MAP): number {
    const head = this.#head();
    const wide = kind === LIST ? 0xdc : 0xde;
    if ((head & 0xf0) === kind) return this.#step(1, head & 0x0f);
    if (head === wide) return this.#step(3, this.#number(2));
    if (head === wide + 1) return this.#step(5, this.#number(4));
    return -1;
  }

  /** A key. */
  text(): string {
    const start = this.at;
    this.skip();
    const head = this.bytes[start] as number;
    const header = head < 0xc0 ? 1 : head === 0xd9 ? 2 : head === 0xda ? 3 : 5;
    return Buffer.from(
      this.bytes.buffer,
      this.bytes.byteOffset + start + header,
      this.at - start - header,
    ).toString();
  }

  /** Steps over bytes: how many there are, or -1 when something else stands here. */
  bin(): number {
    const head = this.#head();
    if (head < 0xc4 || head > 0xc6) return -1;
    const width = 1 << (head - 0xc4);
    const count = this.#number(width);
    return this.#step(1 + width + count, count);
  }

  /** Steps over one value, with all that is in it. */
  skip(): void {
    for (let values = 1; values > 0; values -= 1) {
      const head = this.#head();
      if (head < 0x80 || head >= 0xe0) this.at += 1;
      else if (head < 0x90) values += this.#step(1, (head & 0x0f) * 2);
      else if (head < 0xa0) values += this.#step(1, head & 0x0f);
      else if (head < 0xc0) this.at += 1 + (head & 0x1f);
      else if (head < 0xc4) this.at += 1;
      else if (head < 0xc7) this.bin();
      else if (head < 0xd4) this.at += 1 + (SCALAR_BYTES[head - 0xca] as number);
      else if (head < 0xdc) this.#skipText(head);
      else if (head < 0xde) values += this.open(LIST);
      else values += this.open(MAP) * 2;
    }
  }

  #skipText(head: number): void {
    const width = 1 << (head - 0xd9);
    this.at += 1 + width + this.#number(width);
  }

  #head(): number {
    return this.bytes[this.at] as number;
  }

  /** The big-endian number of `width` bytes behind the head. */
  #number(width: number): number {
    let number = 0;
    for (let i = 1; i <= width; i += 1) number = number * 256 + (this.bytes[this.at + i] as number);
    return number;
  }

  #step(by: number, result: number): number {
    this.at += by;
    return result;
  }
}

// float32, float64, uint8, 16, 32, 64, int8, 16, 32, 64: 0xca to 0xd3
const SCALAR_BYTES = [4, 8, 1, 2, 4, 8, 1, 2, 4, 8];
