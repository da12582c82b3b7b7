import { Slab } from './slab.ts';

/**
 * Slabs of lanes that are gone, for the next of the same shape. A model that is replaced takes its
 * memory over: the collector looks at shared memory late, and a hundred replacements would leave a
 * hundred slabs about.
 */
export class SlabShelf {
  readonly #slabs: Slab[] = [];

  /** `slabsMax` are kept at most; the one kept longest makes room. */
  constructor(private readonly slabsMax: number) {}

  take(slots: number, rowBytes: readonly number[]): Slab {
    const at = this.#slabs.findIndex(({ layout }) => layout.slots === slots &&
      layout.rowBytes.length === rowBytes.length &&
      layout.rowBytes.every((bytes, tensor) => bytes === rowBytes[tensor]));
    const [found] = at < 0 ? [] : this.#slabs.splice(at, 1);
    return found ?? new Slab(slots, rowBytes);
  }

  /** Of a lane that is closed: nothing reads or writes it, unless somebody holds a slot still. */
  giveBack(slab: Slab): void {
    if (slab.freeCount < slab.layout.slots) return;
    this.#slabs.push(slab);
    if (this.#slabs.length > this.slabsMax) this.#slabs.shift();
  }
}
