import { RowCounts } from './row-counts.ts';

const WEIGHT_MAX = 1e100; // past it all is scaled down: forward decay, as in `popular.ts`

/** Interest by row, of which a view counts half after `halfLife` more observations. */
export class Decayed {
  readonly #growth: number;
  readonly #counts = new RowCounts();
  #now = 1; // what a view weighs now
  #total = 0;

  constructor(halfLife: number) {
    this.#growth = 2 ** (1 / halfLife);
  }

  observe(row: number, weight: number): void {
    this.#now *= this.#growth;
    this.#counts.add(row, weight * this.#now);
    this.#total += weight * this.#now;
    if (this.#now <= WEIGHT_MAX) return;
    this.#counts.scale(1 / this.#now);
    this.#total /= this.#now;
    this.#now = 1;
  }

  /** In views of this moment. */
  of(row: number): number {
    return this.#counts.of(row) / this.#now;
  }

  get total(): number {
    return this.#total / this.#now;
  }

  get bytes(): number {
    return this.#counts.bytes;
  }

  save(): Float64Array {
    const counts = this.#counts.save();
    const saved = new Float64Array(counts.length + 2);
    saved.set([this.#now, this.#total]);
    saved.set(counts, 2);
    return saved;
  }

  load(saved: Float64Array): void {
    [this.#now, this.#total] = saved as unknown as [number, number];
    this.#counts.load(saved.subarray(2));
  }
}
