import { Prng } from '../../../server/core/prng.ts';
import { kMeans, nearest, type Points, type Weighed } from './kmeans.ts';
import { distancesOf, fitMixture } from './mixture.ts';

/** How segments are found: round ones of one size, or normal distributions of their own. */
export const SEGMENT_WAYS = ['k-means', 'mixture'] as const;
export type SegmentWay = (typeof SEGMENT_WAYS)[number];

/** Segments of points; distances to centres are weighed where they are of a mixture. */
export interface FoundSegments {
  readonly centres: Float64Array; // [k, width]
  readonly weighed?: Weighed;
}

export function findSegments(
  way: SegmentWay, points: Points, k: number, seed: number, tries?: number,
): FoundSegments {
  if (way === 'k-means') return kMeans(points, k, seed, tries);
  const mixture = fitMixture(points, k, seed, tries);
  return { centres: mixture.means, weighed: distancesOf(mixture) };
}

/** What a number of segments is worth, found in one of the ways. */
export interface KScore {
  readonly way: SegmentWay;
  readonly k: number;
  readonly stability: number; // mean adjusted Rand between segments of bootstrap samples
  readonly silhouette: number; // mean over a sample of the points, -1..1
}

const BOOTSTRAPS = 8;
const SAMPLE = 1200; // points in a bootstrap sample and for the silhouette: it costs their square
export const STABLE = 0.8;
const LEAST_SHARE = 0.01; // of the points: fewer are no segment

/** Each k of `from`..`to`, on samples of the points. */
export function scoreNumbers(
  points: Points, from: number, to: number, seed: number, way: SegmentWay = 'k-means',
): KScore[] {
  const scores: KScore[] = [];
  for (let k = from; k <= to; k += 1) {
    const prng = new Prng(seed * 31 + k);
    const judged = sampled(points, Math.min(points.rows, SAMPLE), prng);
    const labelsOf = ({ centres, weighed }: FoundSegments): Uint8Array =>
      nearest(judged, k, centres, weighed).labels;
    const labelings = Array.from({ length: BOOTSTRAPS }, (_, b) => {
      const sample = sampled(points, Math.min(points.rows, 2 * SAMPLE), prng);
      return labelsOf(findSegments(way, sample, k, seed + b, 2));
    });
    let rand = 0;
    for (let b = 1; b < BOOTSTRAPS; b += 1) {
      rand += adjustedRand(labelings[b - 1]!, labelings[b]!) / (BOOTSTRAPS - 1);
    }
    const labels = labelsOf(findSegments(way, judged, k, seed));
    const counts = new Array<number>(k).fill(0);
    for (const label of labels) counts[label]! += 1;
    const whole = counts.every((count) => count >= LEAST_SHARE * labels.length);
    scores.push({ way, k, stability: rand, silhouette: whole ? silhouette(judged, labels, k) : -1 });
  }
  return scores;
}

/**
 * The stable number of the best silhouette, of at least three where one of those is stable: two
 * segments say no more than "in" and "out". Without a stable one, the most stable.
 */
export function chooseScore(scores: readonly KScore[]): KScore {
  const whole = scores.filter((score) => score.silhouette > -1);
  const stable = whole.filter(({ stability }) => stability >= STABLE);
  const many = stable.filter(({ k }) => k >= 3);
  const from = many.length > 0 ? many : stable;
  if (from.length > 0) return from.reduce((a, b) => (b.silhouette > a.silhouette ? b : a));
  return (whole.length > 0 ? whole : scores).reduce((a, b) => (b.stability > a.stability ? b : a));
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
