import type { Columns } from '../../snapshot-file.ts';

/** How many pairs are held at most. */
export interface PairLimits {
  readonly pairsMax: number; // of all owners, room that is kept free included
  readonly ownerPairsMax: number; // of one; a power of 2, at least 4
}

const ROOM_MIN = 4;
const KINDS = { f32: Float32Array, f64: Float64Array };
type Kind = keyof typeof KINDS;
type Values = Float32Array | Float64Array;

/**
 * Numbers by pair of an owner (an item, a customer) and a row, in fixed memory: each owner has a block
 * of one arena, which doubles as it fills. A full owner's weakest pair, by the first number, makes room
 * for a new one; when the arena is full, an owner without a block takes over another's, in turn.
 */
export class PairTable {
  /** The numbers of each pair, by place. */
  readonly values: readonly Values[];
  readonly #kinds: readonly Kind[];
  #starts = new Uint32Array(64); // by owner
  #counts = new Uint16Array(64);
  #rooms = new Uint16Array(64); // 0: no block
  #rows = new Uint32Array(256); // by place, as `values`
  #end = 0; // of the arena in use
  #owners = 0; // one more than the largest
  #hand = 0; // owner whose block is taken next
  /** Told of a pair that has to make room, while its numbers are still there. */
  onDrop: (owner: number, place: number) => void = () => {};
  readonly #free = new Map<number, number[]>(); // by room: starts of blocks that nobody has

  constructor(private readonly limits: PairLimits, kinds: readonly Kind[] = ['f32']) {
    this.#kinds = kinds;
    this.values = kinds.map((kind) => new KINDS[kind](this.#rows.length));
  }

  /** One more than the largest owner that has a block. */
  get owners(): number {
    return this.#owners;
  }

  get bytes(): number {
    const each = this.values.reduce((sum, { BYTES_PER_ELEMENT }) => sum + BYTES_PER_ELEMENT, 4);
    return this.#rows.length * each + this.#starts.length * 8;
  }

  /** Places of an owner's pairs are `start(owner)` and the `count(owner) - 1` that follow it. */
  start(owner: number): number {
    return this.#starts[owner] ?? 0;
  }

  count(owner: number): number {
    return this.#counts[owner] ?? 0;
  }

  rowAt(place: number): number {
    return this.#rows[place] as number;
  }

  /** The place of a pair, or -1. */
  find(owner: number, row: number): number {
    const start = this.start(owner);
    const end = start + this.count(owner);
    const rows = this.#rows;
    for (let place = start; place < end; place++) if (rows[place] === row) return place;
    return -1;
  }

  /** The place of a pair, made with zeros where there was none; valid until the next pair is made. */
  placeOf(owner: number, row: number): number {
    const known = this.find(owner, row);
    return known >= 0 ? known : this.#make(owner, row);
  }

  /** Adds to a pair's first number. */
  add(owner: number, row: number, weight: number): void {
    const place = this.placeOf(owner, row);
    const [first] = this.values as [Values];
    first[place] = (first[place] as number) + weight;
  }

  /** Forgets a pair; the owner's other places are no longer valid. */
  remove(owner: number, row: number): void {
    const place = this.find(owner, row);
    if (place < 0) return;
    const last = this.start(owner) + this.count(owner) - 1;
    this.#rows[place] = this.#rows[last] as number;
    for (const column of this.values) column[place] = column[last] as number;
    this.#counts[owner]! -= 1;
  }

  /** Forgets an owner's pairs. */
  clear(owner: number): void {
    if (this.#rooms[owner]) this.#release(owner);
  }

  /** Of each owner with pairs: owner and count; then all rows and numbers, under these names. */
  save(name: string): Columns {
    const heads: number[] = [];
    let total = 0;
    for (let owner = 0; owner < this.#owners; owner++) {
      if (this.count(owner) === 0) continue;
      heads.push(owner, this.count(owner));
      total += this.count(owner);
    }
    const rows = new Uint32Array(total);
    const values = this.#kinds.map((kind) => new KINDS[kind](total));
    for (let i = 0, at = 0; i < heads.length; i += 2) {
      const [start, count] = [this.start(heads[i] as number), heads[i + 1] as number];
      rows.set(this.#rows.subarray(start, start + count), at);
      values.forEach((to, k) => to.set(this.values[k]!.subarray(start, start + count), at));
      at += count;
    }
    const named = Object.fromEntries(values.map((column, k) => [`${name}Value${k}`, column]));
    return { [`${name}Heads`]: Uint32Array.from(heads), [`${name}Rows`]: rows, ...named };
  }

  /** What `save` gave, in an empty table. */
  load(name: string, saved: Columns): void {
    const heads = saved[`${name}Heads`] as Uint32Array;
    const rows = saved[`${name}Rows`] as Uint32Array;
    const values = this.#kinds.map((_, k) => saved[`${name}Value${k}`] as Values);
    for (let i = 0, at = 0; i < heads.length; i += 2) {
      const [owner, count] = [heads[i] as number, heads[i + 1] as number];
      this.#reach(owner);
      let room = ROOM_MIN;
      while (room < count) room *= 2;
      const start = this.#take(room);
      this.#starts[owner] = start;
      this.#rooms[owner] = room;
      this.#counts[owner] = count;
      this.#rows.set(rows.subarray(at, at + count), start);
      this.values.forEach((to, k) => to.set(values[k]!.subarray(at, at + count), start));
      at += count;
    }
  }

  #make(owner: number, row: number): number {
    this.#reach(owner);
    const [count, room] = [this.#counts[owner] as number, this.#rooms[owner] as number];
    if (count === room && !this.#grow(owner)) return this.#replace(owner, row);
    const place = (this.#starts[owner] as number) + count;
    this.#counts[owner] = count + 1;
    return this.#begin(place, row);
  }

  /** In place of the weakest. */
  #replace(owner: number, row: number): number {
    const start = this.#starts[owner] as number;
    const [first] = this.values as [Values];
    let weakest = start;
    for (let place = start; place < start + (this.#counts[owner] as number); place++) {
      if ((first[place] as number) < (first[weakest] as number)) weakest = place;
    }
    this.onDrop(owner, weakest);
    return this.#begin(weakest, row);
  }

  #begin(place: number, row: number): number {
    this.#rows[place] = row;
    for (const column of this.values) column[place] = 0;
    return place;
  }

  /** Gives the owner a block, or one twice as large; false where it must do with what it has. */
  #grow(owner: number): boolean {
    const old = this.#rooms[owner] as number;
    const room = old === 0 ? ROOM_MIN : 2 * old;
    if (room > this.limits.ownerPairsMax) return false;
    const start = this.#take(room);
    if (start < 0) return old === 0 && this.#takeOver(owner);
    const [from, count] = [this.#starts[owner] as number, this.#counts[owner] as number];
    this.#rows.copyWithin(start, from, from + count);
    for (const column of this.values) column.copyWithin(start, from, from + count);
    if (old > 0) this.#release(owner);
    this.#starts[owner] = start;
    this.#rooms[owner] = room;
    this.#counts[owner] = count;
    return true;
  }

  /** The block of whoever's turn it is; there is one, as the arena is full. */
  #takeOver(owner: number): boolean {
    for (let tried = 0; tried < this.#owners; tried++) {
      this.#hand = (this.#hand + 1) % this.#owners;
      const room = this.#rooms[this.#hand] as number;
      if (room === 0) continue;
      const [start, count] = [this.start(this.#hand), this.count(this.#hand)];
      for (let place = start; place < start + count; place++) this.onDrop(this.#hand, place);
      this.#starts[owner] = start;
      this.#rooms[owner] = room;
      this.#counts[owner] = 0;
      this.#rooms[this.#hand] = 0;
      this.#counts[this.#hand] = 0;
      return true;
    }
    return false;
  }

  /** The start of a block, or -1. */
  #take(room: number): number {
    const free = this.#free.get(room)?.pop();
    if (free !== undefined) return free;
    const end = this.#end + room;
    if (end > this.limits.pairsMax) return -1;
    if (end > this.#rows.length) this.#widen(end);
    this.#end = end;
    return end - room;
  }

  #release(owner: number): void {
    const room = this.#rooms[owner] as number;
    const free = this.#free.get(room);
    if (free) free.push(this.#starts[owner] as number);
    else this.#free.set(room, [this.#starts[owner] as number]);
    this.#rooms[owner] = 0;
    this.#counts[owner] = 0;
  }

  #widen(end: number): void {
    const length = Math.min(Math.max(end, 2 * this.#rows.length), this.limits.pairsMax);
    const wider = <T extends Uint32Array | Values>(old: T): T => {
      const larger = new (old.constructor as new (length: number) => T)(length);
      larger.set(old);
      return larger;
    };
    this.#rows = wider(this.#rows);
    (this.values as Values[]).forEach((column, k, all) => { all[k] = wider(column); });
  }

  #reach(owner: number): void {
    this.#owners = Math.max(this.#owners, owner + 1);
    if (owner < this.#starts.length) return;
    const length = Math.max(2 * this.#starts.length, owner + 1);
    const starts = new Uint32Array(length);
    const counts = new Uint16Array(length);
    const rooms = new Uint16Array(length);
    starts.set(this.#starts);
    counts.set(this.#counts);
    rooms.set(this.#rooms);
    [this.#starts, this.#counts, this.#rooms] = [starts, counts, rooms];
  }
}
