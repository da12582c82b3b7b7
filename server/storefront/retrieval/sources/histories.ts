import type { Columns } from '../../snapshot-file.ts';
import type { RetrievalQuery } from '../retriever.ts';
import type { CustomerSlots } from './customer-slots.ts';

/** Newest items of a customer, over all sessions; 200 bytes a customer. */
export const HISTORY_ROWS = 50;

/** What customers chose one after the other, over all of their sessions. */
export class Histories {
  #rows = new Uint32Array(64 * HISTORY_ROWS); // by customer number, a ring each
  #counts = new Uint32Array(64); // of all that a customer ever chose
  #asked: RetrievalQuery | null = null;
  #line = new Uint32Array(0); // for what was asked

  constructor(private readonly slots: CustomerSlots) {}

  get bytes(): number {
    return this.#rows.byteLength + this.#counts.byteLength;
  }

  /** Oldest first. */
  of(slot: number): Uint32Array {
    const count = this.#counts[slot] ?? 0;
    const kept = Math.min(count, HISTORY_ROWS);
    const start = slot * HISTORY_ROWS;
    return Uint32Array.from({ length: kept }, (_, i) =>
      this.#rows[start + ((count - kept + i) % HISTORY_ROWS)] as number);
  }

  /** False where the row is the newest already: a click, a view and a cart are one choice. */
  push(slot: number, row: number): boolean {
    this.#asked = null;
    if (slot >= this.#counts.length) this.#widen(slot);
    const count = this.#counts[slot] as number;
    const start = slot * HISTORY_ROWS;
    if (count > 0 && this.#rows[start + ((count - 1) % HISTORY_ROWS)] === row) return false;
    this.#rows[start + (count % HISTORY_ROWS)] = row;
    this.#counts[slot] = count + 1;
    return true;
  }

  drop(slot: number): void {
    if (slot < this.#counts.length) this.#counts[slot] = 0;
  }

  /** The customer's history, then the query's own items: oldest first, none of those twice. */
  line(query: RetrievalQuery): Uint32Array {
    if (this.#asked === query) return this.#line; // several sources ask in a row
    this.#asked = query;
    const slot = this.slots.get(query.customer);
    const items = new Set(query.items);
    const before = slot === undefined ? [] : this.of(slot).filter((row) => !items.has(row));
    this.#line = Uint32Array.from([...before, ...query.items]);
    return this.#line;
  }

  save(): Columns {
    const end = this.#counts.findLastIndex((count) => count > 0) + 1;
    return {
      historyRows: this.#rows.slice(0, end * HISTORY_ROWS),
      historyCounts: this.#counts.slice(0, end),
    };
  }

  load(saved: Columns): void {
    const counts = saved['historyCounts'] as Uint32Array;
    if (counts.length > 0) this.#widen(counts.length - 1);
    this.#rows.set(saved['historyRows'] as Uint32Array);
    this.#counts.set(counts);
  }

  #widen(slot: number): void {
    const length = Math.max(2 * this.#counts.length, slot + 1);
    const counts = new Uint32Array(length);
    counts.set(this.#counts);
    const rows = new Uint32Array(length * HISTORY_ROWS);
    rows.set(this.#rows);
    [this.#counts, this.#rows] = [counts, rows];
  }
}
