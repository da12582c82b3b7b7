import assert from 'node:assert/strict';

/** A region starts on a cache line, which also aligns it for every datatype. */
const REGION_ALIGN = 64;

/** Where the rows of each tensor lie in a slab's memory: one region a tensor, one row a slot. */
export interface SlabLayout {
  readonly slots: number;
  readonly rowBytes: readonly number[]; // one size a tensor
  readonly offsets: readonly number[]; // first byte of each region
  readonly bytes: number; // of the whole memory
}

function slabLayout(slots: number, rowBytes: readonly number[]): SlabLayout {
  const offsets: number[] = [];
  let bytes = 0;
  for (const size of rowBytes) {
    offsets.push(bytes);
    bytes += Math.ceil((slots * size) / REGION_ALIGN) * REGION_ALIGN;
  }
  return { slots, rowBytes, offsets, bytes };
}

/** A view of each region. Slot s holds bytes `[s * rowBytes, (s + 1) * rowBytes)` of it. */
export function slabRegions(memory: SharedArrayBuffer, layout: SlabLayout): Uint8Array[] {
  assert.equal(memory.byteLength, layout.bytes);
  return layout.rowBytes.map(
    (size, at) => new Uint8Array(memory, layout.offsets[at] as number, layout.slots * size),
  );
}

/** Rows of several tensors in shared memory, handed out by slot number and never reallocated. */
export class Slab {
  readonly memory: SharedArrayBuffer;
  readonly layout: SlabLayout;
  readonly regions: readonly Uint8Array[];
  /**
   * Free slots leave in the order they came back, so that the slots of a batch tend to be
   * neighbours, and a worker gathers them with a few long copies. No more of them are in use than were
   * ever out at once, so that the memory of a lane with little to do stays in the caches.
   */
  readonly #free: Int32Array; // a ring of slot numbers
  #head = 0;
  #backCount = 0; // in the ring: used before, and back
  #fresh = 0; // slots from here on have never been used

  constructor(slots: number, rowBytes: readonly number[]) {
    this.layout = slabLayout(slots, rowBytes);
    this.memory = new SharedArrayBuffer(this.layout.bytes);
    this.regions = slabRegions(this.memory, this.layout);
    this.#free = new Int32Array(slots);
  }

  get freeCount(): number {
    return this.#backCount + this.#free.length - this.#fresh;
  }

  /** A free slot, or -1 when every slot is out. Its rows hold what the last user left. */
  take(): number {
    if (this.#backCount === 0) {
      if (this.#fresh === this.#free.length) return -1;
      this.#fresh += 1;
      return this.#fresh - 1;
    }
    const slot = this.#free[this.#head] as number;
    this.#head = this.#head + 1 === this.#free.length ? 0 : this.#head + 1;
    this.#backCount -= 1;
    return slot;
  }

  giveBack(slot: number): void {
    const { length } = this.#free;
    if (this.#backCount === this.#fresh) assert.fail('a slot came back twice');
    const at = this.#head + this.#backCount;
    this.#free[at < length ? at : at - length] = slot;
    this.#backCount += 1;
  }
}
