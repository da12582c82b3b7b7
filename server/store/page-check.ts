import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/**
 * LMDB's file format as its binding 3.5 writes it (data version 2, 64 bits, little-endian), as far
 * as needed to follow its trees. Places are bytes from a page's start; numbers without a word are
 * 64-bit integers.
 *
 * | page | place | holds |
 * |---|---|---|
 * | any | 0, 18, 20, 22 | its own number; 16-bit flags; 16-bit ends of the node pointers and of the gap |
 * | meta (0 and 1) | 24, 28 | 32-bit magic and version |
 * | | 48, 88, 136 | 32-bit page size; roots of the list of free pages and of the main table |
 * | | 144, 152 | the last page's number; the transaction's |
 * | node | 0, 2, 4, 6, 8 | 16-bit: data size or page number, low and high; flags or its top; key size; key |
 * | table (data of a node) | 40 | its root |
 */
const MAGIC = 0xbeef_c0de;
const HEADER = 24;
const NODE = 8;
const TABLE_BYTES = 48;
const BRANCH = 1;
const LEAF = 2;
const OVERFLOW = 4;
const BIG_DATA = 1; // flags of a leaf's node: its data lie on overflow pages
const SUB_TABLE = 2;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;
const ATTEMPTS = 3; // while another process writes, what is read may be of two moments

interface Meta {
  readonly pageBytes: number;
  readonly roots: readonly bigint[];
  readonly last: number; // page
  readonly transaction: bigint;
}

/**
 * What is wrong with an LMDB file, null when every page that its trees lead to is there and is what
 * it should be. What the pages hold of keys and values is not looked at. Reads the trees: 0.1 s for
 * 100 MB. LMDB itself maps the file and ends the process where a page is not there.
 */
export function damageOf(path: string): string | null {
  const file = openSync(path, 'r');
  try {
    for (let attempt = 1; ; attempt++) {
      const meta = newestMeta(file);
      if (meta === null) return 'is not a file of this store';
      const damage = new Walk(file, meta).damage();
      if (damage === null) return null;
      if (newestMeta(file)?.transaction === meta.transaction) return damage;
      if (attempt === ATTEMPTS) return null; // somebody is at work on it: opening will say who
    }
  } finally {
    closeSync(file);
  }
}

/** Of the two metas, the one of the newer transaction. */
function newestMeta(file: number): Meta | null {
  const first = metaAt(file, 0);
  const second = first && metaAt(file, first.pageBytes);
  if (!first || !second) return null;
  return second.transaction > first.transaction ? second : first;
}

function metaAt(file: number, at: number): Meta | null {
  const page = Buffer.alloc(160);
  if (readSync(file, page, 0, page.length, at) < page.length) return null;
  if (page.readUInt32LE(24) !== MAGIC || page.readUInt32LE(28) !== 2) return null;
  const pageBytes = page.readUInt32LE(48);
  if (pageBytes < 512 || pageBytes > 65_536) return null;
  return {
    pageBytes,
    roots: [page.readBigUInt64LE(88), page.readBigUInt64LE(136)],
    last: Number(page.readBigUInt64LE(144)),
    transaction: page.readBigUInt64LE(152),
  };
}

/** One pass over all that a meta leads to. */
class Walk {
  readonly #fileBytes: number;
  readonly #seen: Uint8Array; // by page: each belongs to one tree, once
  readonly #todo: number[] = []; // pages of trees
  readonly #head = Buffer.alloc(HEADER);

  constructor(
    private readonly file: number,
    private readonly meta: Meta,
  ) {
    this.#fileBytes = fstatSync(file).size;
    this.#seen = new Uint8Array(Math.ceil(this.#fileBytes / meta.pageBytes) + 1);
  }

  damage(): string | null {
    const { pageBytes, roots } = this.meta;
    const page = Buffer.from(new ArrayBuffer(pageBytes));
    const halves = new Uint16Array(page.buffer);
    try {
      for (const root of roots) this.#table(root);
      for (let at = this.#todo.pop(); at !== undefined; at = this.#todo.pop()) {
        readSync(this.file, page, 0, pageBytes, at * pageBytes);
        this.#tree(page, halves, at);
      }
      return null;
    } catch (error) {
      if (error instanceof Damage) return error.message;
      // A number of the page led out of the page.
      if (error instanceof RangeError) return 'is damaged: a page of it points out of itself';
      throw error;
    }
  }

  #table(root: bigint): void {
    if (root !== NO_PAGE) this.#follow(Number(root));
  }

  #follow(at: number): void {
    this.#claim(at, 1);
    this.#todo.push(at);
  }

  /** Pages `at` and on, `count` of them, must be in the file and nobody else's. */
  #claim(at: number, count: number): void {
    const { last, pageBytes } = this.meta;
    if (at < 2 || at + count - 1 > last) throw new Damage(`is damaged: it points to page ${at} of ${last}`);
    if ((at + count) * pageBytes > this.#fileBytes) {
      const whole = (last + 1) * pageBytes;
      throw new Damage(`is cut short: of ${whole} bytes there are ${this.#fileBytes}`);
    }
    for (let i = at; i < at + count; i++) {
      if (this.#seen[i]) throw new Damage(`is damaged: two places point to page ${i}`);
      this.#seen[i] = 1;
    }
  }

  /** `halves` is the page as 16-bit numbers: that is quicker, and there are a million nodes. */
  #tree(page: Buffer, halves: Uint16Array, at: number): void {
    const kind = page.readUInt16LE(18) & (BRANCH | LEAF | OVERFLOW);
    if (Number(page.readBigUInt64LE(0)) !== at || (kind !== BRANCH && kind !== LEAF)) {
      throw this.#wrong(at);
    }
    const pointers = page.readUInt16LE(20); // bytes of them, after the header
    const gapEnd = page.readUInt16LE(22);
    if (pointers > gapEnd || HEADER + gapEnd > page.length) throw this.#wrong(at);
    for (let i = 0; i < pointers; i += 2) {
      const node = HEADER + (halves[(HEADER + i) >> 1] as number);
      if (node < HEADER + gapEnd || node % 2 !== 0 || node + NODE > page.length) throw this.#wrong(at);
      const at16 = node >> 1;
      const low = (halves[at16] as number) + (halves[at16 + 1] as number) * 65_536;
      const flags = halves[at16 + 2] as number;
      if (kind === BRANCH) {
        this.#follow(flags * 2 ** 32 + low);
        continue;
      }
      const data = node + NODE + (halves[at16 + 3] as number);
      if (flags & BIG_DATA) this.#overflow(Number(page.readBigUInt64LE(data)), low);
      else if (data + low > page.length) throw this.#wrong(at);
      else if (flags & SUB_TABLE && low !== TABLE_BYTES) throw this.#wrong(at);
      else if (flags & SUB_TABLE) this.#table(page.readBigUInt64LE(data + 40));
    }
  }

  #overflow(at: number, bytes: number): void {
    this.#claim(at, Math.ceil((HEADER + bytes) / this.meta.pageBytes));
    readSync(this.file, this.#head, 0, HEADER, at * this.meta.pageBytes);
    const own = Number(this.#head.readBigUInt64LE(0));
    if (own !== at || !(this.#head.readUInt16LE(18) & OVERFLOW)) throw this.#wrong(at);
  }

  #wrong(at: number): Damage {
    const place = at * this.meta.pageBytes;
    return new Damage(`is damaged: what lies at byte ${place} is not the page it should be`);
  }
}

class Damage extends Error {}
