import type { Column, Examples } from '../table.ts';

const BINS = 16;

/**
 * How much a column says of labels 0 and 1, in bits: 0 is nothing, the labels' entropy is all. Numbers
 * are put into 16 bins of as many rows each, equal values never apart; missing is a bin of its own;
 * categories are bins. What chance alone would give is taken off (Miller & Madow 1955), to 0 at least.
 */
export function mutualInformation({ table, labels }: Examples): Float64Array {
  return Float64Array.from(table.columns, (column) => informationOf(binned(column), labels));
}

/** A bin number a row. */
function binned({ kind, values }: Column): Int32Array {
  if (kind === 'category') return Int32Array.from(values, (value) => (Number.isNaN(value) ? -1 : value));
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const edges: number[] = [];
  for (let i = 1; i < BINS; i++) {
    const edge = sorted[Math.floor((i * sorted.length) / BINS)];
    if (edge !== undefined && edge !== edges.at(-1) && edge > (sorted[0] as number)) edges.push(edge);
  }
  return Int32Array.from(values, (value) => {
    if (Number.isNaN(value)) return -1;
    let bin = 0;
    while (bin < edges.length && value >= (edges[bin] as number)) bin += 1;
    return bin;
  });
}

function informationOf(bins: Int32Array, labels: Float64Array): number {
  const counts = new Map<number, [number, number]>();
  const totals: [number, number] = [0, 0];
  bins.forEach((bin, row) => {
    const label = labels[row] === 1 ? 1 : 0;
    const cell = counts.get(bin) ?? [0, 0];
    counts.set(bin, cell);
    cell[label] += 1;
    totals[label] += 1;
  });
  const rows = bins.length;
  let bits = 0;
  let cells = 0;
  for (const cell of counts.values()) {
    for (const label of [0, 1] as const) {
      if (cell[label] === 0) continue;
      cells += 1;
      bits += (cell[label] / rows) *
        Math.log2((cell[label] * rows) / ((cell[0] + cell[1]) * totals[label]));
    }
  }
  const classes = Number(totals[0] > 0) + Number(totals[1] > 0);
  const chance = (cells - counts.size - classes + 1) / (2 * rows * Math.LN2);
  return Math.max(0, bits - chance);
}
