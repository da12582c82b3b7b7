import { Prng } from '../../../server/core/prng.ts';
import { kMeans, type Points } from './kmeans.ts';

/** Normal distributions with a variance for each feature, and how many points each stands for. */
export interface Mixture {
  readonly k: number;
  readonly weights: Float64Array; // [k], sum 1
  readonly means: Float64Array; // [k, width]
  readonly variances: Float64Array; // [k, width]
  readonly logLikelihood: number; // mean of the points'
}

/** Rounds end when the mean log-likelihood grows by no more than `gain`. */
export interface MixtureLimits {
  readonly rounds: number;
  readonly gain: number;
}

const LIMITS: MixtureLimits = { rounds: 100, gain: 1e-4 };
const LEAST = 1e-3; // added to each variance, of points in deviations: a segment is no single point

/**
 * By expectation and maximisation, the likeliest of `tries`: from where k-means ends, and from points
 * drawn by chance.
 */
export function fitMixture(points: Points, k: number, seed: number, tries = 4): Mixture {
  const { rows, width, values } = points;
  const { labels } = kMeans(points, k, seed, tries);
  const shares = new Float64Array(rows * k);
  labels.forEach((label, row) => { shares[row * k + label] = 1; });
  let best = improved(points, maximised(points, k, shares), LIMITS);
  const prng = new Prng(seed);
  for (let attempt = 1; attempt < tries; attempt += 1) {
    const means = new Float64Array(k * width);
    for (let c = 0; c < k; c += 1) {
      const row = prng.below(rows);
      means.set(values.subarray(row * width, (row + 1) * width), c * width);
    }
    const found = improved(points, {
      k, means, weights: new Float64Array(k).fill(1 / k),
      variances: new Float64Array(k * width).fill(1), logLikelihood: 0,
    }, LIMITS);
    if (found.logLikelihood > best.logLikelihood) best = found;
  }
  return best;
}

/** Better and better from a first mixture on. */
export function improved(points: Points, from: Mixture, { rounds, gain }: MixtureLimits): Mixture {
  const { k } = from;
  const shares = new Float64Array(points.rows * k);
  let mixture = from;
  let before = -Infinity;
  for (let round = 0; round < rounds; round += 1) {
    const now = expected(points, mixture, shares);
    mixture = { ...maximised(points, k, shares), logLikelihood: now };
    if (Math.abs(now - before) < gain) break;
    before = now;
  }
  return mixture;
}

/** A mixture as distances: the segment is where the sum of `precision (x - mean)²` and `offset` is least. */
export function distancesOf({ k, weights, means, variances }: Mixture): {
  readonly precisions: Float64Array; readonly offsets: Float64Array;
} {
  const width = means.length / k;
  const offsets = Float64Array.from(weights, (weight, c) => {
    let sum = -2 * Math.log(Math.max(1e-12, weight));
    for (let j = 0; j < width; j += 1) sum += Math.log(variances[c * width + j] as number);
    return sum;
  });
  return { precisions: variances.map((variance) => 1 / variance), offsets };
}

/** Writes each point's shares, [rows, k]; returns the mean log-likelihood. */
function expected({ rows, width, values }: Points, mixture: Mixture, shares: Float64Array): number {
  const { k, means } = mixture;
  const { precisions, offsets } = distancesOf(mixture);
  const constant = width * Math.log(2 * Math.PI);
  let total = 0;
  for (let row = 0; row < rows; row += 1) {
    let most = -Infinity;
    for (let c = 0; c < k; c += 1) {
      let sum = constant + (offsets[c] as number);
      for (let j = 0; j < width; j += 1) {
        const off = (values[row * width + j] as number) - (means[c * width + j] as number);
        sum += off * off * (precisions[c * width + j] as number);
      }
      shares[row * k + c] = -sum / 2;
      most = Math.max(most, -sum / 2);
    }
    let all = 0;
    for (let c = 0; c < k; c += 1) {
      const share = Math.exp((shares[row * k + c] as number) - most);
      shares[row * k + c] = share;
      all += share;
    }
    for (let c = 0; c < k; c += 1) shares[row * k + c] = (shares[row * k + c] as number) / all;
    total += most + Math.log(all);
  }
  return total / rows;
}

function maximised({ rows, width, values }: Points, k: number, shares: Float64Array): Mixture {
  const counts = new Float64Array(k).fill(1e-12);
  const means = new Float64Array(k * width);
  const variances = new Float64Array(k * width);
  const each = (visit: (row: number, c: number, share: number) => void): void => {
    for (let row = 0; row < rows; row += 1) {
      for (let c = 0; c < k; c += 1) {
        const share = shares[row * k + c] as number;
        if (share > 0) visit(row, c, share);
      }
    }
  };
  each((row, c, share) => {
    counts[c] = (counts[c] as number) + share;
    for (let j = 0; j < width; j += 1) {
      means[c * width + j] = (means[c * width + j] as number) + share * (values[row * width + j] as number);
    }
  });
  const count = (at: number): number => counts[Math.floor(at / width)] as number;
  for (let at = 0; at < means.length; at += 1) means[at] = (means[at] as number) / count(at);
  each((row, c, share) => {
    for (let j = 0; j < width; j += 1) {
      const at = c * width + j;
      const off = (values[row * width + j] as number) - (means[at] as number);
      variances[at] = (variances[at] as number) + share * off * off;
    }
  });
  for (let at = 0; at < means.length; at += 1) {
    variances[at] = (variances[at] as number) / count(at) + LEAST;
  }
  return { k, weights: counts.map((n) => n / rows), means, variances, logLikelihood: -Infinity };
}
