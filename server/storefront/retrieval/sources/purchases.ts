import type { Columns } from '../../snapshot-file.ts';
import type { InterestEvent } from '../retriever.ts';
import { PairTable } from './pair-table.ts';
import { RowCounts } from './row-counts.ts';

const DAY_MS = 86_400_000;
const SALES_HALF_LIFE_DAYS = 30;
const HALVINGS_MAX = 1000; // a double ends at 2^1024

/** 24 bytes a customer's item: 100 MB at most; 12 bytes an item's customer: 48 MB. */
const LIMITS = {
  own: { pairsMax: 4_000_000, ownerPairsMax: 1024 }, // items of one customer
  buyers: { pairsMax: 4_000_000, ownerPairsMax: 1024 }, // customers of one item
};

/** What is known of a customer and an item they bought. Days count from the first purchase of all. */
export interface Bought {
  readonly row: number;
  readonly worth: number; // of all purchases, each half after the half-life; to be compared only
  readonly count: number; // of days or orders with it
  readonly firstDay: number;
  readonly lastDay: number;
}

/**
 * Who bought what, how often, when first and last: by customer number and by item. A purchase is worth
 * half after `halfLifeDays`: forward decay, so that nothing kept changes as time goes by.
 */
export class Purchases {
  readonly own: PairTable;
  readonly buyers: PairTable; // worth, by item and customer
  #squares = new Float64Array(64); // by customer: of the worths, added up
  readonly #customers = new RowCounts(); // that bought an item,
  readonly #repeaters = new RowCounts(); // and of them those that did so again
  readonly #gapDays = new RowCounts(); // between a customer's purchases of an item, added up,
  readonly #gaps = new RowCounts(); // and how many
  readonly #sales = new RowCounts(); // of all customers, of late
  #allGapDays = 0;
  #allGaps = 0;
  #originMs = NaN;
  #newestDay = 0;

  constructor(private readonly options: { readonly halfLifeDays: number }, limits = LIMITS) {
    this.own = new PairTable(limits.own, ['f64', 'f32', 'f32', 'f32']);
    this.buyers = new PairTable(limits.buyers, ['f64']);
    this.own.onDrop = (slot, place) => this.#unsquare(slot, place);
  }

  get bytes(): number {
    return this.own.bytes + this.buyers.bytes + this.#squares.byteLength + 5 * this.#sales.bytes;
  }

  /** The newest event's time: what is due is due then. */
  get nowDay(): number {
    return this.#newestDay;
  }

  take(slot: number, { type, atMs, rows }: InterestEvent): void {
    if (type !== 'purchase') return;
    if (Number.isNaN(this.#originMs)) this.#originMs = atMs;
    const day = (atMs - this.#originMs) / DAY_MS;
    this.#newestDay = Math.max(this.#newestDay, day);
    for (const row of new Set(rows)) this.#buy(slot, row, day);
  }

  /** Likelihood of buying an item again at all: repeaters over customers, drawn towards 0.2. */
  repeatShare(row: number): number {
    return (this.#repeaters.of(row) + 2) / (this.#customers.of(row) + 10);
  }

  /** Mean days between a customer's purchases of the item, drawn towards that of all items. */
  meanGapDays(row: number): number {
    const all = this.#allGaps === 0 ? 30 : this.#allGapDays / this.#allGaps;
    return (this.#gapDays.of(row) + 5 * all) / (this.#gaps.of(row) + 5);
  }

  /** What all customers bought of an item of late; to be compared only. */
  sales(row: number): number {
    return this.#sales.of(row) / halvings(this.#newestDay / SALES_HALF_LIFE_DAYS);
  }

  /** What a purchase of this moment would be worth. */
  get worthNow(): number {
    return halvings(this.#newestDay / this.options.halfLifeDays);
  }

  /** The length of a customer's worths as a vector. */
  norm(slot: number): number {
    return Math.sqrt(Math.max(0, this.#squares[slot] ?? 0));
  }

  drop(slot: number): void {
    const end = this.own.start(slot) + this.own.count(slot);
    for (let place = this.own.start(slot); place < end; place++) {
      this.buyers.remove(this.own.rowAt(place), slot);
    }
    this.own.clear(slot);
    if (slot < this.#squares.length) this.#squares[slot] = 0;
  }

  save(): Columns {
    return {
      ...this.own.save('own'), ...this.buyers.save('buyers'), ownSquares: this.#squares.slice(),
      boughtBy: this.#customers.save(), boughtAgain: this.#repeaters.save(),
      gapDays: this.#gapDays.save(), gaps: this.#gaps.save(), sales: this.#sales.save(),
      purchaseTimes: Float64Array.of(
        this.#originMs, this.#newestDay, this.#allGapDays, this.#allGaps),
    };
  }

  load(saved: Columns): void {
    this.own.load('own', saved);
    this.buyers.load('buyers', saved);
    this.#squares = (saved['ownSquares'] as Float64Array).slice();
    this.#customers.load(saved['boughtBy'] as Float64Array);
    this.#repeaters.load(saved['boughtAgain'] as Float64Array);
    this.#gapDays.load(saved['gapDays'] as Float64Array);
    this.#gaps.load(saved['gaps'] as Float64Array);
    this.#sales.load(saved['sales'] as Float64Array);
    [this.#originMs, this.#newestDay, this.#allGapDays, this.#allGaps] =
      saved['purchaseTimes'] as unknown as [number, number, number, number];
  }

  #buy(slot: number, row: number, day: number): void {
    const place = this.own.placeOf(slot, row);
    const [worths, counts, firsts, lasts] = this.own.values as [
      Float64Array, Float32Array, Float32Array, Float32Array,
    ];
    const count = counts[place] as number;
    if (count === 0) {
      this.#customers.add(row, 1);
      firsts[place] = day;
      lasts[place] = day;
    } else {
      this.#noteGap(row, Math.abs(day - (lasts[place] as number)));
      if (count === 1) this.#repeaters.add(row, 1);
      firsts[place] = Math.min(firsts[place] as number, day);
      lasts[place] = Math.max(lasts[place] as number, day);
    }
    counts[place] = count + 1;
    const before = worths[place] as number;
    const worth = before + halvings(day / this.options.halfLifeDays);
    worths[place] = worth;
    this.#square(slot, worth * worth - before * before);
    this.buyers.values[0]![this.buyers.placeOf(row, slot)] = worth;
    this.#sales.add(row, halvings(day / SALES_HALF_LIFE_DAYS));
  }

  #noteGap(row: number, days: number): void {
    this.#gapDays.add(row, days);
    this.#gaps.add(row, 1);
    this.#allGapDays += days;
    this.#allGaps += 1;
  }

  #square(slot: number, by: number): void {
    if (slot >= this.#squares.length) {
      const larger = new Float64Array(2 * (slot + 1));
      larger.set(this.#squares);
      this.#squares = larger;
    }
    this.#squares[slot] = (this.#squares[slot] as number) + by;
  }

  #unsquare(slot: number, place: number): void {
    const worth = this.own.values[0]![place] as number;
    this.#square(slot, -worth * worth);
  }
}

function halvings(power: number): number {
  return 2 ** Math.max(-HALVINGS_MAX / 2, Math.min(HALVINGS_MAX / 2, power));
}
