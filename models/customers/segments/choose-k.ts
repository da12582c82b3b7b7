import { Prng } from '../../../server/core/prng.ts';
import { kMeans, nearest, type Points } from './kmeans.ts';

/** What a number of segments is worth. */
export interface KScore {
  readonly k: number;
  readonly stability: number; // mean adjusted Rand between clusterings of bootstrap samples
  readonly silhouette: number; // mean over a sample of the points, -1..1
}

const BOOTSTRAPS = 8;
const SAMPLE = 1200; // points in a bootstrap sample and for the silhouette: it costs their square
export const STABLE = 0.8;

/** Each k of `from`..`to`, on samples of the points. */
export function scoreNumbers(points: Points, from: number, to: number, seed: number): KScore[] {
  const scores: KScore[] = [];
  for (let k = from; k <= to; k += 1) {
    const prng = new Prng(seed * 31 + k);
    const judged = sampled(points, Math.min(points.rows, SAMPLE), prng);
    const labelings = Array.from({ length: BOOTSTRAPS }, (_, b) => {
      const sample = sampled(points, Math.min(points.rows, 2 * SAMPLE), prng);
      return nearest(judged, k, kMeans(sample, k, seed + b, 2).centres).labels;
    });
    let rand = 0;
    for (let b = 1; b < BOOTSTRAPS; b += 1) {
      rand += adjustedRand(labelings[b - 1]!, labelings[b]!) / (BOOTSTRAPS - 1);
    }
    const { labels } = nearest(judged, k, kMeans(judged, k, seed).centres);
    scores.push({ k, stability: rand, silhouette: silhouette(judged, labels, k) });
  }
  return scores;
}

/**
 * The stable number of the best silhouette, of at least three where one of those is stable: two
 * segments say no more than "in" and "out". Without a stable one, the most stable.
 */
export function chooseNumber(scores: readonly KScore[]): number {
  const stable = scores.filter(({ stability }) => stability >= STABLE);
  const many = stable.filter(({ k }) => k >= 3);
  const from = many.length > 0 ? many : stable;
  if (from.length > 0) return from.reduce((a, b) => (b.silhouette > a.silhouette ? b : a)).k;
  return scores.reduce((a, b) => (b.stability > a.stability ? b : a)).k;
}

/** Agreement of two labelings beyond chance (Hubert & Arabie 1985): 1 is the same partition. */
export function adjustedRand(a: Uint8Array, b: Uint8Array): number {
  const width = 256;
  const both = new Float64Array(width * width);
  const [one, other] = [new Float64Array(width), new Float64Array(width)];
  a.forEach((label, i) => {
    const at = label * width + (b[i] as number);
    both[at] = (both[at] as number) + 1;
    one[label] = (one[label] as number) + 1;
    other[b[i] as number] = (other[b[i] as number] as number) + 1;
  });
  const pairs = (counts: Float64Array): number =>
    counts.reduce((sum, count) => sum + (count * (count - 1)) / 2, 0);
  const all = (a.length * (a.length - 1)) / 2;
  const chance = (pairs(one) * pairs(other)) / all;
  const most = (pairs(one) + pairs(other)) / 2;
  return most === chance ? 1 : (pairs(both) - chance) / (most - chance);
}

/** Rousseeuw's mean silhouette (1987); a point alone in its cluster counts 0. */
export function silhouette(
  { rows, width, values }: Points, labels: Uint8Array, k: number,
): number {
  const counts = new Float64Array(k);
  for (const label of labels) counts[label] = (counts[label] as number) + 1;
  let sum = 0;
  const distance = new Float64Array(k);
  for (let row = 0; row < rows; row += 1) {
    distance.fill(0);
    for (let other = 0; other < rows; other += 1) {
      let square = 0;
      for (let j = 0; j < width; j += 1) {
        const off = (values[row * width + j] as number) - (values[other * width + j] as number);
        square += off * off;
      }
      const label = labels[other] as number;
      distance[label] = (distance[label] as number) + Math.sqrt(square);
    }
    const own = labels[row] as number;
    if ((counts[own] as number) < 2) continue;
    const inside = (distance[own] as number) / ((counts[own] as number) - 1);
    let outside = Infinity;
    distance.forEach((total, label) => {
      const count = counts[label] as number;
      if (label !== own && count > 0) outside = Math.min(outside, total / count);
    });
    if (outside < Infinity) sum += (outside - inside) / Math.max(inside, outside);
  }
  return sum / rows;
}

function sampled({ rows, width, values }: Points, count: number, prng: Prng): Points {
  const out = new Float64Array(count * width);
  for (let i = 0; i < count; i += 1) {
    const row = prng.below(rows);
    out.set(values.subarray(row * width, (row + 1) * width), i * width);
  }
  return { rows: count, width, values: out };
}
