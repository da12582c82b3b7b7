import { ownText } from '../../../core/own-text.ts';
import type { Columns } from '../../snapshot-file.ts';

/** Small numbers for customers, so that what is known of them can lie in arrays. */
export class CustomerSlots {
  readonly #slots = new Map<string, number>(); // least recently active first
  readonly #free: number[] = [];
  #end = 0; // of the numbers in use

  /** `drop` is told of a number before another customer may get it. */
  constructor(private readonly max: number, private readonly drop: (slot: number) => void) {}

  get count(): number {
    return this.#slots.size;
  }

  get(id: string | undefined): number | undefined {
    return id === undefined ? undefined : this.#slots.get(id);
  }

  /** The customer's number, who is now the most recently active. */
  take(id: string): number {
    const known = this.#slots.get(id);
    if (known !== undefined) {
      // Moving costs more than the look-up: it waits until the order may be used.
      if (this.#slots.size > this.max / 2) {
        this.#slots.delete(id);
        this.#slots.set(id, known);
      }
      return known;
    }
    if (this.#slots.size >= this.max) this.forget(this.#slots.keys().next().value as string);
    const slot = this.#free.pop() ?? this.#end++;
    this.#slots.set(ownText(id), slot);
    return slot;
  }

  /** Whether the customer was known. */
  forget(id: string): boolean {
    const slot = this.#slots.get(id);
    if (slot === undefined) return false;
    this.#slots.delete(id);
    this.drop(slot);
    this.#free.push(slot);
    return true;
  }

  save(): Columns {
    const ids = JSON.stringify([...this.#slots.keys()]);
    return {
      slotIds: new TextEncoder().encode(ids),
      slotNumbers: Uint32Array.from(this.#slots.values()),
      slotFree: Uint32Array.from(this.#free),
    };
  }

  /** What `save` gave, in place of all that is here. */
  load(saved: Columns): void {
    const ids = JSON.parse(new TextDecoder().decode(saved['slotIds'] as Uint8Array)) as string[];
    this.#slots.clear();
    ids.forEach((id, i) => this.#slots.set(id, saved['slotNumbers']?.[i] as number));
    this.#free.splice(0, Infinity, ...(saved['slotFree'] as Uint32Array));
    this.#end = this.#slots.size + this.#free.length;
  }
}
