import type { BinnedColumn } from './binning.ts';

/**
 * Sums of gradients by column and bin: `[g, h, n]` a bin, column after column. Arrays are kept and
 * used again: a training makes and drops thousands.
 */
export class Histograms {
  /** Where each column's bins start in a histogram. */
  readonly starts: readonly number[];
  readonly #size: number;
  readonly #free: Float64Array[] = [];
  #g = new Float64Array(0);
  #h = new Float64Array(0);

  constructor(columns: readonly BinnedColumn[], private readonly codes: readonly Uint8Array[]) {
    let size = 0;
    this.starts = columns.map(({ bins }) => {
      const start = size;
      size += 3 * (bins + 1);
      return start;
    });
    this.#size = size;
  }

  /** The sums of these rows over these columns; other columns' bins hold nothing of meaning. */
  of(
    rows: Uint32Array, gradients: Float64Array, hessians: Float64Array, columns: readonly number[],
  ): Float64Array {
    const sums = this.#free.pop() ?? new Float64Array(this.#size);
    if (this.#g.length < rows.length) {
      this.#g = new Float64Array(rows.length);
      this.#h = new Float64Array(rows.length);
    }
    const g = this.#g;
    const h = this.#h;
    for (let i = 0; i < rows.length; i += 1) { // once, not once a column: rows are far apart
      g[i] = gradients[rows[i] as number] as number;
      h[i] = hessians[rows[i] as number] as number;
    }
    for (const column of columns) {
      const start = this.starts[column] as number;
      sums.fill(0, start, this.starts[column + 1] ?? this.#size);
      add(sums, start, this.codes[column] as Uint8Array, rows, g, h);
    }
    return sums;
  }

  /** Makes `whole` the histogram of the rows that `part` lacks: the sibling, for a few percent. */
  subtract(whole: Float64Array, part: Float64Array, columns: readonly number[]): void {
    for (const column of columns) {
      const end = this.starts[column + 1] ?? this.#size;
      for (let at = this.starts[column] as number; at < end; at += 1) {
        whole[at] = (whole[at] as number) - (part[at] as number);
      }
    }
  }

  /** Takes a histogram back that is no longer read. */
  give(sums: Float64Array): void {
    this.#free.push(sums);
  }
}

function add(
  sums: Float64Array, start: number, codes: Uint8Array, rows: Uint32Array, g: Float64Array,
  h: Float64Array,
): void {
  for (let i = 0; i < rows.length; i += 1) {
    const at = start + 3 * (codes[rows[i] as number] as number);
    sums[at] = (sums[at] as number) + (g[i] as number);
    sums[at + 1] = (sums[at + 1] as number) + (h[i] as number);
    sums[at + 2] = (sums[at + 2] as number) + 1;
  }
}
