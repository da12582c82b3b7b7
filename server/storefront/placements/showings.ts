import { STOREFRONT_LIMITS } from '../limits.ts';

interface Shown {
  count: number; // times, those of long ago counting less
  atMs: number; // of the last
}

/**
 * What visitors were shown and did not click, for rotation: a showing counts 1, half as much after each
 * half-life, and nothing once the item was clicked. In memory alone: a restart shows everything anew.
 */
export class Showings {
  readonly #visitors = new Map<string, Map<number, Shown>>(); // least recently shown first

  constructor(
    private readonly visitorsMax: number = STOREFRONT_LIMITS.showingsMax,
    private readonly itemsMax: number = STOREFRONT_LIMITS.shownItemsMax,
  ) {}

  get count(): number {
    return this.#visitors.size;
  }

  /** How often the item was shown to the visitor, as it counts at `nowMs`. */
  of(visitor: string, row: number, nowMs: number, halfLifeMs: number): number {
    const shown = this.#visitors.get(visitor)?.get(row);
    return shown ? shown.count * kept(nowMs - shown.atMs, halfLifeMs) : 0;
  }

  show(visitor: string, rows: Iterable<number>, nowMs: number, halfLifeMs: number): void {
    const items = this.#visitors.get(visitor) ?? new Map<number, Shown>();
    this.#visitors.delete(visitor); // to the end of the order
    this.#visitors.set(visitor, items);
    for (const row of rows) {
      const count = 1 + this.of(visitor, row, nowMs, halfLifeMs);
      items.delete(row);
      items.set(row, { count, atMs: nowMs });
    }
    trim(items, this.itemsMax);
    trim(this.#visitors, this.visitorsMax);
  }

  /** The item has done what it was shown for. */
  clicked(visitor: string, row: number): void {
    this.#visitors.get(visitor)?.delete(row);
  }

  /** Drops what is known of a visitor; whether anything was. */
  forget(visitor: string): boolean {
    return this.#visitors.delete(visitor);
  }
}

/** Whose showings they are: the customer's where one is known, over all of their sessions. */
export function visitorKey(customer: string | undefined, session: string | undefined): string | null {
  if (customer !== undefined) return `c\n${customer}`;
  return session === undefined ? null : `s\n${session}`;
}

/** What is left of a showing of `ageMs` ago. Pure. */
function kept(ageMs: number, halfLifeMs: number): number {
  return 2 ** (-Math.max(0, ageMs) / halfLifeMs);
}

function trim(map: Map<unknown, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return;
    map.delete(key);
  }
}
