/**
 * Where the warm-up ends. The run is cut into slices of equal length; of each the logarithm of the
 * median latency is taken, which neither one slow request nor the size of the latency disturbs. The
 * series is split where its level changes: of all ways to do that, the one whose squared error plus
 * a price for each change is least (optimal partitioning, Jackson et al. 2005; the price is
 * 3 σ² ln n, with σ from the differences of neighbours). The steady level is the median of the run's
 * second half. The warm-up ends where the first stretch begins whose level is the steady one. So a
 * stall after a steady beginning is never taken for warm-up, and is measured.
 */

/** Levels as near as this to the steady one are it: 10 %, or twice the slices' own noise. */
const TOLERANCE = Math.log(1.1);
const NOISE_MIN = Math.log(1.01);
const SLICES_MIN = 10;

/** How many slices are left out; null where no level of the first half is the second half's. */
export function warmSlices(medians: ArrayLike<number>): number | null {
  const levels = Array.from(medians, (median) => Math.log(Math.max(median, 1e-9)));
  if (levels.length < SLICES_MIN) return 0;
  const half = Math.ceil(levels.length / 2);
  const steady = median(levels.slice(half));
  const noise = noiseOf(levels);
  const tolerance = Math.max(TOLERANCE, 2 * noise);
  for (const { from, to } of stretches(levels, noise)) {
    if (from >= half) return null;
    const level = mean(levels.slice(from, to));
    if (Math.abs(level - steady) <= tolerance) return from;
  }
  return null;
}

/** The series in stretches of one level each. */
export function stretches(series: readonly number[], noise: number): { from: number; to: number }[] {
  const count = series.length;
  const price = 3 * noise ** 2 * Math.log(count);
  const sums = new Float64Array(count + 1);
  const squares = new Float64Array(count + 1);
  series.forEach((value, i) => {
    sums[i + 1] = (sums[i] as number) + value;
    squares[i + 1] = (squares[i] as number) + value * value;
  });
  const error = (from: number, to: number) => {
    const sum = (sums[to] as number) - (sums[from] as number);
    return (squares[to] as number) - (squares[from] as number) - (sum * sum) / (to - from);
  };
  const best = new Float64Array(count + 1).fill(Infinity); // of the first `to` slices
  const last = new Int32Array(count + 1); // where its last stretch begins
  best[0] = -price;
  for (let to = 1; to <= count; to += 1) {
    for (let from = 0; from < to; from += 1) {
      const cost = (best[from] as number) + error(from, to) + price;
      if (cost >= (best[to] as number)) continue;
      best[to] = cost;
      last[to] = from;
    }
  }
  const found = [];
  for (let to = count; to > 0; to = last[to] as number) found.unshift({ from: last[to] as number, to });
  return found;
}

/** Of one slice, from the differences of neighbours, which a change of level hardly touches. */
function noiseOf(series: readonly number[]): number {
  const steps = series.slice(1).map((value, i) => Math.abs(value - (series[i] as number)));
  return Math.max(NOISE_MIN, median(steps) / 0.6745 / Math.SQRT2);
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
