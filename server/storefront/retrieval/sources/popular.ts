import { keepAllowed, NO_ROW } from '../candidates.ts';
import type { Candidates, Source } from '../candidates.ts';
import type { RetrievalQuery } from '../retriever.ts';

// A newer observation weighs more than all before it by a constant factor, so that nothing stored
// has to change as time goes by (forward decay, Cormode et al. 2009). Past this all is scaled down.
const WEIGHT_MAX = 1e100;
// The order is made anew when more than this share of the observations came after it.
const STALE_SHARE = 0.001;
// Rows that the order holds: what is more popular than all others of a large catalogue.
const ORDER_MAX = 65_536;

/**
 * What was looked at, put into carts and bought most of late. An observation counts half as much
 * after `halfLife` more of them: time is counted in what happens, so a quiet night ages nothing.
 */
export class Popular implements Source {
  readonly reason = 'popular';
  readonly #growth: number;
  #counts = new Float64Array(1024); // by row
  #end = 0; // one more than the largest row
  #total = 0;
  #now = 1; // what one view weighs now
  #observed = 0;
  #order: Uint32Array = new Uint32Array(0); // rows with a count, most first
  #orderedAt = -1; // observations when the order was made
  readonly #since = new Set<number>(); // rows observed after that: no other has come closer to the top

  constructor(options: { readonly halfLife: number }) {
    this.#growth = 2 ** (1 / options.halfLife);
  }

  /** `weight` is in views. */
  observe(row: number, weight: number): void {
    if (row >= this.#counts.length) {
      const larger = new Float64Array(Math.max(2 * this.#counts.length, row + 1));
      larger.set(this.#counts);
      this.#counts = larger;
    }
    this.#end = Math.max(this.#end, row + 1);
    this.#now *= this.#growth;
    this.#counts[row] = (this.#counts[row] as number) + weight * this.#now;
    this.#total += weight * this.#now;
    this.#observed += 1;
    if (this.#orderedAt >= 0) this.#since.add(row);
    if (this.#now > WEIGHT_MAX) this.#scaleDown();
  }

  /**
   * Rows that were ever of interest, most popular first, ties by lower row: at most the first 65,536.
   * At most 0.1 % old.
   */
  get order(): Uint32Array {
    const staleMax = Math.floor(this.#orderedAt * STALE_SHARE);
    if (this.#orderedAt < 0 || this.#observed - this.#orderedAt > staleMax) this.#sort();
    return this.#order;
  }

  /** Share of all interest, 0..1. */
  share(row: number): number {
    return row < this.#end && this.#total > 0 ? (this.#counts[row] as number) / this.#total : 0;
  }

  /** The same of many rows. */
  shares(rows: Uint32Array): Float32Array {
    const shares = new Float32Array(rows.length);
    if (!(this.#total > 0)) return shares;
    // A row of the order has a count.
    for (let i = 0; i < rows.length; i++) shares[i] = (this.#counts[rows[i] as number] ?? 0) / this.#total;
    return shares;
  }

  find({ allow }: RetrievalQuery, into: Candidates): void {
    const { rows, scores, because } = into;
    const found = keepAllowed(allow, this.order, rows);
    into.count = 0;
    for (let i = 0; i < found; i++) {
      const share = this.share(rows[i] as number);
      if (share === 0) break;
      scores[i] = share;
      because[i] = NO_ROW;
      into.count += 1;
    }
    into.normalise();
  }

  /** What a view weighs now, all counts together, observations; then counts by row. */
  save(): Float64Array {
    const saved = new Float64Array(this.#end + 3);
    saved.set([this.#now, this.#total, this.#observed]);
    saved.set(this.#counts.subarray(0, this.#end), 3);
    return saved;
  }

  /** What `save` gave, in place of all that is here. */
  load(saved: Float64Array): void {
    [this.#now, this.#total, this.#observed] = saved as unknown as [number, number, number];
    this.#counts = saved.slice(3);
    this.#end = this.#counts.length;
    this.#orderedAt = -1;
  }

  #sort(): void {
    const first = this.#orderedAt < 0;
    const rows = Uint32Array.from(first ? this.#mostOfAll() : this.#since);
    rows.sort((a, b) => this.#before(a, b));
    this.#order = first ? rows.slice(0, ORDER_MAX) : this.#merged(rows);
    this.#orderedAt = this.#observed;
    this.#since.clear();
  }

  /** The order with rows, most first, that have moved: those that have not are in order among themselves. */
  #merged(moved: Uint32Array): Uint32Array {
    const stayed = this.#order.filter((row) => !this.#since.has(row));
    const merged = new Uint32Array(Math.min(ORDER_MAX, stayed.length + moved.length));
    let [s, m] = [0, 0];
    for (let i = 0; i < merged.length; i++) {
      const fromMoved = s === stayed.length ||
        (m < moved.length && this.#before(moved[m] as number, stayed[s] as number) < 0);
      merged[i] = (fromMoved ? moved[m++] : stayed[s++]) as number;
    }
    return merged;
  }

  /** Below 0 where `a` comes before `b`. */
  #before(a: number, b: number): number {
    return (this.#counts[b] as number) - (this.#counts[a] as number) || a - b;
  }

  /** Rows that have a count, by row; of very many, those that are most popular. */
  #mostOfAll(): number[] {
    const counts = this.#counts.subarray(0, this.#end);
    const least = this.#end > ORDER_MAX ? counts.slice().sort()[this.#end - ORDER_MAX] as number : 0;
    const rows: number[] = [];
    counts.forEach((count, row) => {
      if (count > 0 && count >= least) rows.push(row);
    });
    return rows;
  }

  #scaleDown(): void {
    for (let row = 0; row < this.#end; row++) {
      this.#counts[row] = (this.#counts[row] as number) / this.#now;
    }
    this.#total /= this.#now;
    this.#now = 1;
  }
}
