/** Texts as bytes, known again without a string being made of them. Grows as it must. */
export class ByteSet {
  #texts = Buffer.allocUnsafeSlow(1 << 16);
  #textsEnd = 0;
  #from = new Uint32Array(1 << 12); // by slot: where its text begins, plus one; 0: free
  #hashes = new Int32Array(1 << 12);
  #lengths = new Uint16Array(1 << 12);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** False where the text was there already. At most 65,535 bytes. */
  add(source: Uint8Array, from: number, to: number): boolean {
    const length = to - from;
    let hash = length;
    for (let i = from; i < to; i += 1) hash = Math.imul(hash ^ (source[i] as number), 0x9e37_79b1);
    hash ^= hash >>> 15;
    const mask = this.#from.length - 1;
    let slot = hash & mask;
    for (; this.#from[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#hashes[slot] !== hash || this.#lengths[slot] !== length) continue;
      if (this.#same(this.#from[slot]! - 1, source, from, length)) return false;
    }
    this.#put(slot, hash, source.subarray(from, to));
    return true;
  }

  #same(at: number, source: Uint8Array, from: number, length: number): boolean {
    for (let i = 0; i < length; i += 1) if (this.#texts[at + i] !== source[from + i]) return false;
    return true;
  }

  #put(slot: number, hash: number, text: Uint8Array): void {
    if (this.#textsEnd + text.length > this.#texts.length) {
      const larger = Buffer.allocUnsafeSlow(2 * this.#texts.length + text.length);
      this.#texts.copy(larger, 0, 0, this.#textsEnd);
      this.#texts = larger;
    }
    this.#texts.set(text, this.#textsEnd);
    this.#from[slot] = this.#textsEnd + 1;
    this.#hashes[slot] = hash;
    this.#lengths[slot] = text.length;
    this.#textsEnd += text.length;
    this.#count += 1;
    if (this.#count * 2 > this.#from.length) this.#grow();
  }

  #grow(): void {
    const [from, hashes, lengths] = [this.#from, this.#hashes, this.#lengths];
    const size = from.length * 2;
    this.#from = new Uint32Array(size);
    this.#hashes = new Int32Array(size);
    this.#lengths = new Uint16Array(size);
    for (let old = 0; old < from.length; old += 1) {
      if (from[old] === 0) continue;
      let slot = hashes[old]! & (size - 1);
      while (this.#from[slot] !== 0) slot = (slot + 1) & (size - 1);
      this.#from[slot] = from[old] as number;
      this.#hashes[slot] = hashes[old] as number;
      this.#lengths[slot] = lengths[old] as number;
    }
  }
}
