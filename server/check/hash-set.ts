/**
 * Texts known by a hash of 52 bits, each with a number of 32 bits: 24 bytes a text. Among ten million, two
 * are taken for one with probability 0.01. Full, it takes no more.
 */
export class HashSet {
  #keys = new Float64Array(1 << 12); // 0: free
  #values = new Uint32Array(1 << 12);
  #count = 0;

  constructor(private readonly max: number) {}

  get count(): number {
    return this.#count;
  }

  get full(): boolean {
    return this.#count >= this.max;
  }

  /** The number that the text was put with first; -1 where it is new, and now put unless this is full. */
  put(text: string, value = 0): number {
    const key = hashOf(text);
    const slot = this.#slot(key);
    if (this.#keys[slot] === key) return this.#values[slot] as number;
    if (this.full) return -1;
    this.#keys[slot] = key;
    this.#values[slot] = value;
    this.#count += 1;
    if (this.#count * 2 > this.#keys.length) this.#grow();
    return -1;
  }

  has(text: string): boolean {
    const key = hashOf(text);
    return this.#keys[this.#slot(key)] === key;
  }

  #slot(key: number): number {
    const mask = this.#keys.length - 1;
    let slot = key % 4_294_967_291 & mask;
    while (this.#keys[slot] !== 0 && this.#keys[slot] !== key) slot = (slot + 1) & mask;
    return slot;
  }

  #grow(): void {
    const [keys, values] = [this.#keys, this.#values];
    this.#keys = new Float64Array(keys.length * 2);
    this.#values = new Uint32Array(keys.length * 2);
    for (let i = 0; i < keys.length; i += 1) {
      if (keys[i] === 0) continue;
      const slot = this.#slot(keys[i] as number);
      this.#keys[slot] = keys[i] as number;
      this.#values[slot] = values[i] as number;
    }
  }
}

/** 1..2^52: cyrb53, but for its highest bit. */
export function hashOf(text: string): number {
  let a = 0xdead_beef;
  let b = 0x41c6_ce57;
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 0x9e37_79b1);
    b = Math.imul(b ^ code, 0x5f35_6495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85eb_ca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2_ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85eb_ca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2_ae35);
  return (b >>> 12) * 2 ** 32 + (a >>> 0) + 1;
}
