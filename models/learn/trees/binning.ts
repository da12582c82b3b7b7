import { learnedColumns, type LearnedColumn } from '../rows.ts';
import type { Table } from '../table.ts';

/** Bins of a column, that of missing cells not among them: a bin's number fits a byte. */
const BINS_MAX = 254;

/** How a column's cells become small numbers; the bin after the last is that of missing cells. */
export interface BinnedColumn {
  readonly bins: number; // without the one of missing cells
  /** Of numbers: a cell is in the first bin whose edge is not below it. float32, ascending. */
  readonly edges: Float32Array;
  /** Of categories: the bin of each; `bins` for those that no row has. */
  readonly binOf: Uint8Array | null;
}

/** Bins of a column's cells: as fine as its values while there are few, else of equal mass. */
export class Binning {
  readonly columns: readonly LearnedColumn[];
  readonly binned: readonly BinnedColumn[];

  constructor(table: Table, binsMax = BINS_MAX) {
    this.columns = learnedColumns(table);
    this.binned = table.columns.map(({ kind, values, categories = [] }) =>
      kind === 'number' ? numberBins(values, binsMax) : categoryBins(values, categories.length));
  }

  /** The bin of every cell, one array a column; `rows` are as of `featureRows`. */
  codes(rows: Float32Array): Uint8Array[] {
    const width = this.columns.length;
    const count = width === 0 ? 0 : rows.length / width;
    return this.binned.map((column, at) => {
      const codes = new Uint8Array(count);
      for (let row = 0; row < count; row += 1) {
        codes[row] = binOf(column, rows[row * width + at] as number);
      }
      return codes;
    });
  }
}

function binOf({ bins, edges, binOf: byCategory }: BinnedColumn, cell: number): number {
  if (Number.isNaN(cell)) return bins;
  if (byCategory) return byCategory[cell] ?? bins;
  let low = 0;
  let high = bins - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cell <= (edges[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Greedy bins of about equal mass over distinct values, so that a value many rows share has a bin
 * of its own (Ke et al., LightGBM, NeurIPS 2017).
 */
function numberBins(values: Float64Array, binsMax: number): BinnedColumn {
  const sorted = Float32Array.from(values).filter((value) => !Number.isNaN(value)).sort();
  const distinct: number[] = [];
  const counts: number[] = [];
  for (const value of sorted) {
    if (value === distinct.at(-1)) counts[counts.length - 1] = (counts.at(-1) as number) + 1;
    else { distinct.push(value); counts.push(1); }
  }
  const edges: number[] = [];
  let rowsLeft = sorted.length;
  let inBin = 0;
  for (let at = 0; at + 1 < distinct.length; at += 1) {
    inBin += counts[at] as number;
    const binsLeft = binsMax - edges.length;
    if (binsLeft <= 1) break;
    const few = distinct.length <= binsMax;
    const share = rowsLeft / binsLeft;
    const nextFull = (counts[at + 1] as number) >= share; // a full one starts a bin of its own
    if (!few && inBin < share && !(nextFull && inBin >= share / 2)) continue;
    edges.push(between(distinct[at] as number, distinct[at + 1] as number));
    rowsLeft -= inBin;
    inBin = 0;
  }
  edges.push(Infinity);
  return { bins: edges.length, edges: Float32Array.from(edges), binOf: null };
}

/** A float32 at or above `low` and below `high`, near their middle; both are float32. */
function between(low: number, high: number): number {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
}

/** The most frequent categories have bins of their own; if there are too many, the rest share one. */
function categoryBins(values: Float64Array, categories: number): BinnedColumn {
  const counts = new Float64Array(categories);
  for (const value of values) {
    if (!Number.isNaN(value)) counts[value] = (counts[value] as number) + 1;
  }
  const seen = [...counts.keys()].filter((code) => counts[code] !== 0)
    .sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b);
  const bins = Math.min(seen.length, BINS_MAX);
  const binOf = new Uint8Array(categories).fill(bins);
  seen.forEach((code, rank) => { binOf[code] = Math.min(rank, bins - 1); });
  return { bins, edges: new Float32Array(0), binOf };
}
