import type { Prng } from '../core/prng.ts';

export interface WindowSize {
  readonly columns: number;
  readonly slots: number; // the window moves on by one of them
  readonly slotMs: number;
  readonly rowsMax: number; // kept of a slot; of more, each is kept with the same chance
}

interface Slot {
  from: number; // of which stretch of time: a multiple of slotMs
  seen: number;
  kept: number;
  readonly rows: Float32Array;
}

/**
 * The rows of the last while, in bounded memory: a ring of stretches of time, each an even sample of
 * what came in it (algorithm R, Vitter 1985). A row costs a copy.
 */
export class RowWindow {
  readonly #ring: Slot[];

  constructor(
    private readonly size: WindowSize,
    private readonly prng: Prng,
  ) {
    this.#ring = Array.from({ length: size.slots }, () => (
      { from: -1, seen: 0, kept: 0, rows: new Float32Array(size.rowsMax * size.columns) }));
  }

  add(row: ArrayLike<number>, nowMs: number): void {
    const { slots, slotMs, rowsMax, columns } = this.size;
    const from = Math.floor(nowMs / slotMs);
    const slot = this.#ring[from % slots] as Slot;
    if (slot.from !== from) {
      slot.from = from;
      slot.seen = 0;
      slot.kept = 0;
    }
    slot.seen += 1;
    let place = slot.kept;
    if (place < rowsMax) slot.kept += 1;
    else place = this.prng.below(slot.seen);
    if (place < rowsMax) slot.rows.set(row, place * columns);
  }

  /** Rows that came in the window that ends now, and those of them that are kept. */
  count(nowMs: number): { seen: number; kept: number } {
    let seen = 0;
    let kept = 0;
    for (const slot of this.#live(nowMs)) {
      seen += slot.seen;
      kept += slot.kept;
    }
    return { seen, kept };
  }

  /** What is kept of one column, sorted, and how many of its values are missing (NaN). */
  column(column: number, nowMs: number): { sorted: Float64Array; missing: number } {
    const values: number[] = [];
    let missing = 0;
    for (const { rows, kept } of this.#live(nowMs)) {
      for (let row = 0; row < kept; row += 1) {
        const value = rows[row * this.size.columns + column] as number;
        if (Number.isNaN(value)) missing += 1;
        else values.push(value);
      }
    }
    return { sorted: Float64Array.from(values).sort(), missing };
  }

  /** Calls `visit` with each row kept. The view is of the window's memory: copy to keep. */
  eachRow(nowMs: number, visit: (row: Float32Array) => void): void {
    const { columns } = this.size;
    for (const { rows, kept } of this.#live(nowMs)) {
      for (let at = 0; at < kept; at += 1) visit(rows.subarray(at * columns, (at + 1) * columns));
    }
  }

  #live(nowMs: number): Slot[] {
    const { slots, slotMs } = this.size;
    const newest = Math.floor(nowMs / slotMs);
    return this.#ring.filter(({ from }) => from > newest - slots && from <= newest);
  }
}
