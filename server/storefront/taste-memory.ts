import { STOREFRONT_LIMITS } from './limits.ts';
import type { Tasted } from './taste.ts';

/**
 * What the encoder said of lists of items. A visitor is answered several times between two of their
 * steps: the encoder runs once for each. `rows` of a session are one array until its next event, so that
 * array is the key; lists that requests name are told apart by what they hold.
 */
export class TasteMemory {
  readonly #ofSessions = new WeakMap<Uint32Array, Tasted>();
  readonly #ofLists = new Map<string, Tasted>(); // oldest first

  get(rows: Uint32Array, isSession: boolean): Tasted | undefined {
    return isSession ? this.#ofSessions.get(rows) : this.#ofLists.get(rows.join());
  }

  keep(rows: Uint32Array, isSession: boolean, { vector, model }: Tasted): void {
    // No run is waited for when it is had again.
    const timing = { ...model.timing, queueUs: 0, runUs: 0, cached: true } as const;
    const tasted = { vector, model: { ...model, timing } };
    if (isSession) {
      this.#ofSessions.set(rows, tasted);
      return;
    }
    this.#ofLists.set(rows.join(), tasted);
    if (this.#ofLists.size <= STOREFRONT_LIMITS.tastesMax) return;
    this.#ofLists.delete(this.#ofLists.keys().next().value as string);
  }
}
