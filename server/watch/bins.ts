/**
 * Bins that hold about as many rows of a reference sample each, one for every value where there are
 * few (and then one for what lies beyond them all), and one more for what is missing (NaN). Made once
 * from the reference; any value has a bin.
 */
export class Bins {
  readonly #edges: Float64Array; // ascending: bin i holds values up to and with edge i
  readonly count: number; // with the bin of missing values, which is the last

  /** `sorted` is the reference without its missing values. */
  constructor(sorted: Float64Array, binsMax = 10) {
    const edges = new Set<number>();
    for (let bin = 1; bin < binsMax && sorted.length > 0; bin += 1) {
      edges.add(sorted[Math.ceil((bin * sorted.length) / binsMax) - 1] as number);
    }
    const least = sorted[0] as number;
    if (edges.has(least)) edges.add(below(least)); // many are as small as that: smaller is news
    this.#edges = Float64Array.from(edges).sort();
    this.count = this.#edges.length + 2;
  }

  /** Shares of the bins, which sum to 1; `missing` values besides those in `values`. */
  shares(values: Float64Array, missing: number): number[] {
    const counts = new Array<number>(this.count).fill(0);
    for (const value of values) counts[this.of(value)]! += 1;
    counts[this.count - 1] = missing;
    const rows = values.length + missing;
    return counts.map((count) => (rows === 0 ? 0 : count / rows));
  }

  of(value: number): number {
    if (Number.isNaN(value)) return this.count - 1;
    let low = 0;
    let high = this.#edges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (value <= (this.#edges[middle] as number)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

/** A number a little smaller. */
function below(value: number): number {
  return value - Math.max(Math.abs(value) * 1e-6, Number.MIN_VALUE);
}
