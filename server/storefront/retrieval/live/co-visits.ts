import { STOREFRONT_LIMITS } from '../../limits.ts';

/** What was visited just before or after an item, by row: the newest few. */
export class CoVisits {
  readonly #lists = new Map<number, number[]>(); // first come first

  constructor(
    private readonly limits: {
      readonly coldItemsMax: number;
      readonly coVisitsMax: number;
    } = STOREFRONT_LIMITS,
  ) {}

  /** Oldest first. */
  of(row: number): readonly number[] {
    return this.#lists.get(row) ?? [];
  }

  /** Returns the row whose list had to make room, if one had to. */
  note(row: number, beside: number): number | undefined {
    const list = this.#lists.get(row);
    if (list) {
      list.push(beside);
      if (list.length > this.limits.coVisitsMax) list.shift();
      return undefined;
    }
    this.#lists.set(row, [beside]);
    if (this.#lists.size <= this.limits.coldItemsMax) return undefined;
    const oldest = this.#lists.keys().next().value as number;
    this.#lists.delete(oldest);
    return oldest;
  }

  /** All of it as numbers: a row, how many are in its list, the list; and so on. */
  save(): Uint32Array {
    return Uint32Array.from([...this.#lists].flatMap(([row, list]) => [row, list.length, ...list]));
  }

  /** What `save` gave, in place of all that is here. */
  load(saved: Uint32Array): void {
    this.#lists.clear();
    for (let at = 0; at < saved.length; ) {
      const [row, count] = [saved[at] as number, saved[at + 1] as number];
      this.#lists.set(row, [...saved.subarray(at + 2, at + 2 + count)]);
      at += 2 + count;
    }
  }

  get rows(): Iterable<number> {
    return this.#lists.keys();
  }
}
