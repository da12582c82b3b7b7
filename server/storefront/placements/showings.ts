import { STOREFRONT_LIMITS } from '../limits.ts';

interface Shown {
  count: number; // times, those of long ago counting less
  atMs: number; // of the last
}

/**
 * What visitors were shown and did not click, for rotation: a showing counts 1, half as much after each
 * half-life, and nothing once the item was clicked. In memory; `showings-file.ts` keeps it over a stop.
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

  /** Least recently shown first. */
  save(): SavedShowings {
    const visitors = [...this.#visitors.keys()];
    const all = [...this.#visitors.values()];
    const flat = all.flatMap((items) => [...items]);
    return {
      visitors,
      ends: Uint32Array.from(sums(all.map((items) => items.size))),
      rows: Uint32Array.from(flat, ([row]) => row),
      counts: Float32Array.from(flat, ([, { count }]) => count),
      times: Float64Array.from(flat, ([, { atMs }]) => atMs),
    };
  }

  /** What `save` gave, of rows below `rowCount`. */
  load({ visitors, ends, rows, counts, times }: SavedShowings, rowCount: number): void {
    visitors.forEach((visitor, v) => {
      const items = new Map<number, Shown>();
      for (let i = v === 0 ? 0 : ends[v - 1]!; i < ends[v]!; i += 1) {
        if (rows[i]! < rowCount) items.set(rows[i]!, { count: counts[i]!, atMs: times[i]! });
      }
      this.#visitors.set(visitor, items);
    });
    trim(this.#visitors, this.visitorsMax);
  }

  /** Drops what is known of a visitor; whether anything was. */
  forget(visitor: string): boolean {
    return this.#visitors.delete(visitor);
  }
}

export interface SavedShowings {
  readonly visitors: readonly string[];
  readonly ends: Uint32Array; // by visitor: where their items end in what follows
  readonly rows: Uint32Array;
  readonly counts: Float32Array;
  readonly times: Float64Array;
}

function sums(sizes: readonly number[]): number[] {
  let sum = 0;
  return sizes.map((size) => (sum += size));
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
