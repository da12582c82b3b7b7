/** Bins of a number, of as many rows each. */
const BINS = 20;
/** Up to so many different values are a bin each. */
const VALUES_MAX = 40;
/** Rows of the base rate that each bin starts with: few rows say little. */
const PRIOR_ROWS = 5;

/**
 * The share of ones about a value: a model of one column. Bins are of like many rows, missing values
 * are a bin, categories (`kind`) one each; a bin that was never seen has the base rate.
 */
export function binnedShare(
  kind: 'number' | 'category', values: Float64Array, labels: Float64Array,
): (value: number) => number {
  const bin = binner(kind, values);
  const base = labels.reduce((sum, label) => sum + label, 0) / labels.length;
  const found = new Map<number, { rows: number; ones: number }>();
  values.forEach((value, row) => {
    const cell = found.get(bin(value)) ?? { rows: 0, ones: 0 };
    cell.rows += 1;
    cell.ones += labels[row] as number;
    found.set(bin(value), cell);
  });
  return (value) => {
    const { rows, ones } = found.get(bin(value)) ?? { rows: 0, ones: 0 };
    return (ones + PRIOR_ROWS * base) / (rows + PRIOR_ROWS);
  };
}

/** The bin of a value: its own number for categories, -1 where it is missing. */
function binner(kind: 'number' | 'category', values: Float64Array): (value: number) => number {
  if (kind === 'category') return (value) => (Number.isNaN(value) ? -1 : value);
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  const different = [...new Set(sorted)];
  const uppers = different.length <= VALUES_MAX ? different : [...new Set(Array.from(
    { length: BINS - 1 }, (_, at) => sorted[Math.floor(((at + 1) * sorted.length) / BINS)] as number))];
  // A bin ends with its upper value, so that a crowd at 0 is not mixed with what is above 0.
  return (value) => {
    if (Number.isNaN(value)) return -1;
    let low = 0;
    let high = uppers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((uppers[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}
