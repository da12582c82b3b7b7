import { descending, eachTie } from './order.ts';

/**
 * How far said probabilities are from what happens. Two ways to cut rows into bins:
 *  - `equal-mass`: as many rows a bin, in order of probability, so that the crowd at the low end is
 *    looked at closely. A tie that an edge cuts apart counts in both bins with its mean label.
 *  - `equal-width`: as much of 0..1 a bin (Guo et al. 2017), as most papers print it; when most
 *    rows are in one bin, it says little.
 */
export type Binning = 'equal-mass' | 'equal-width';

/** One bin of a calibration curve. */
export interface CalibrationPoint {
  readonly said: number; // mean probability
  readonly happened: number; // share of ones
  readonly rows: number; // at least 1
}

const BINS = 10;

/** Expected calibration error: mean over the rows of their bin's |said - happened|. */
export function calibrationError(
  probabilities: ArrayLike<number>, labels: ArrayLike<number>, binning: Binning = 'equal-mass',
  bins = BINS,
): number {
  let error = 0;
  for (const { said, happened, rows } of calibrationCurve(probabilities, labels, binning, bins)) {
    error += Math.abs(said - happened) * rows;
  }
  return error / labels.length;
}

/** The bins that hold rows, lowest probability first: what a calibration picture draws. */
export function calibrationCurve(
  probabilities: ArrayLike<number>, labels: ArrayLike<number>, binning: Binning = 'equal-mass',
  bins = BINS,
): CalibrationPoint[] {
  const order = descending(probabilities).reverse();
  const happened = meansOfTies(probabilities, labels, order);
  const points: CalibrationPoint[] = [];
  let from = 0;
  for (let bin = 0; bin < bins; bin += 1) {
    const end = binning === 'equal-mass'
      ? Math.floor(((bin + 1) * order.length) / bins)
      : endBelow(probabilities, order, from, bin + 1 === bins ? Infinity : (bin + 1) / bins);
    if (end > from) points.push(point(probabilities, happened, order, from, end));
    from = end;
  }
  return points;
}

function point(
  probabilities: ArrayLike<number>, happened: Float64Array, order: Uint32Array, from: number,
  end: number,
): CalibrationPoint {
  let said = 0;
  let ones = 0;
  for (let at = from; at < end; at += 1) {
    said += probabilities[order[at] as number] as number;
    ones += happened[at] as number;
  }
  const rows = end - from;
  return { said: said / rows, happened: ones / rows, rows };
}

/** The first place from `from` on whose probability is not below `edge`. */
function endBelow(
  probabilities: ArrayLike<number>, order: Uint32Array, from: number, edge: number,
): number {
  let at = from;
  while (at < order.length && (probabilities[order[at] as number] as number) < edge) at += 1;
  return at;
}

/** In `order`: the labels, averaged over equal probabilities. */
function meansOfTies(
  probabilities: ArrayLike<number>, labels: ArrayLike<number>, order: Uint32Array,
): Float64Array {
  const means = new Float64Array(order.length);
  eachTie(probabilities, order, (from, end) => {
    let sum = 0;
    for (let at = from; at < end; at += 1) sum += labels[order[at] as number] as number;
    means.fill(sum / (end - from), from, end);
  });
  return means;
}
