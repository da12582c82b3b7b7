/** Where the visitor had scrolled to, and how many items of a list had been drawn by then. */
export interface Spot {
  readonly top: number; // pixels
  readonly shown: number;
}

export const TOP: Spot = { top: 0, shown: 0 };

/** As much of `history` as is used. */
export interface Entries {
  readonly state: unknown;
  replaceState(state: unknown, unused: string): void;
}

/**
 * The spots of the places in the browser's history: who goes back finds a place as they left it.
 * Every entry of the history is given a number, which the browser keeps with it.
 */
export class Trail {
  readonly #spots = new Map<number, Spot>();
  #entry: number;

  /** `first` is the number of the first new entry, higher than any of an earlier load's. */
  constructor(private readonly entries: Entries, private first: number) {
    this.#entry = this.#numbered();
  }

  /** The browser is at another entry. `left`: of the one before; null when it was never drawn. */
  moved(left: Spot | null): void {
    if (left) this.#spots.set(this.#entry, left);
    this.#entry = this.#numbered();
  }

  /** Where the visitor was when they last left the entry that they are at. */
  get spot(): Spot {
    return this.#spots.get(this.#entry) ?? TOP;
  }

  #numbered(): number {
    const { state } = this.entries;
    if (typeof state === 'object' && state !== null && 'entry' in state) {
      return (state as { entry: number }).entry;
    }
    const entry = this.first;
    this.first += 1;
    this.entries.replaceState({ entry }, '');
    return entry;
  }
}
