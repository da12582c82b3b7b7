import { Prng } from '../../../server/core/prng.ts';

/** Points as rows of `width`. */
export interface Points {
  readonly rows: number;
  readonly width: number;
  readonly values: Float64Array;
}

export interface Clusters {
  readonly k: number;
  readonly centres: Float64Array; // [k, width]
  readonly labels: Uint8Array; // of the points that were clustered
  readonly inertia: number; // sum of squared distances to the nearest centre
}

const ROUNDS_MAX = 100;

/** Lloyd's k-means from k-means++ starts (Arthur & Vassilvitskii 2007): the best of `tries`. */
export function kMeans(points: Points, k: number, seed: number, tries = 4): Clusters {
  const prng = new Prng(seed);
  let best: Clusters | null = null;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const found = lloyd(points, k, plusPlus(points, k, prng));
    if (!best || found.inertia < best.inertia) best = found;
  }
  return best as Clusters;
}

/** From given centres until nothing changes; a centre that loses all its points stays. */
export function lloyd(points: Points, k: number, from: Float64Array): Clusters {
  const { rows, width, values } = points;
  const centres = from.slice();
  let labels = new Uint8Array(rows).fill(255);
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const next = nearest(points, k, centres).labels;
    if (next.every((label, row) => label === labels[row])) break;
    labels = next;
    const sums = new Float64Array(k * width);
    const counts = new Float64Array(k);
    for (let row = 0; row < rows; row += 1) {
      const label = labels[row] as number;
      counts[label] = (counts[label] as number) + 1;
      for (let j = 0; j < width; j += 1) {
        const at = label * width + j;
        sums[at] = (sums[at] as number) + (values[row * width + j] as number);
      }
    }
    for (let at = 0; at < sums.length; at += 1) {
      const count = counts[Math.floor(at / width)] as number;
      if (count > 0) centres[at] = (sums[at] as number) / count;
    }
  }
  return { k, centres, ...nearest(points, k, centres) };
}

/** What distances to centres are weighed by, where they are not plain squares: of a mixture. */
export interface Weighed {
  readonly precisions: Float64Array; // [k, width]
  readonly offsets: Float64Array; // [k]
}

/** Each point's nearest centre, the first of equals; and the sum of those distances. */
export function nearest(
  { rows, width, values }: Points, k: number, centres: Float64Array, weighed?: Weighed,
): { labels: Uint8Array<ArrayBuffer>; inertia: number } {
  const labels = new Uint8Array(rows);
  let inertia = 0;
  for (let row = 0; row < rows; row += 1) {
    let least = Infinity;
    for (let c = 0; c < k; c += 1) {
      let sum = weighed?.offsets[c] ?? 0;
      for (let j = 0; j < width; j += 1) {
        const off = (values[row * width + j] as number) - (centres[c * width + j] as number);
        sum += off * off * (weighed?.precisions[c * width + j] ?? 1);
      }
      if (sum < least) {
        least = sum;
        labels[row] = c;
      }
    }
    inertia += least;
  }
  return { labels, inertia };
}

function plusPlus({ rows, width, values }: Points, k: number, prng: Prng): Float64Array {
  const centres = new Float64Array(k * width);
  const far = new Float64Array(rows).fill(Infinity);
  let chosen = prng.below(rows);
  for (let c = 0; c < k; c += 1) {
    centres.set(values.subarray(chosen * width, (chosen + 1) * width), c * width);
    let total = 0;
    for (let row = 0; row < rows; row += 1) {
      let sum = 0;
      for (let j = 0; j < width; j += 1) {
        const off = (values[row * width + j] as number) - (centres[c * width + j] as number);
        sum += off * off;
      }
      far[row] = Math.min(far[row] as number, sum);
      total += far[row] as number;
    }
    let left = prng.float() * total;
    for (chosen = 0; chosen < rows - 1; chosen += 1) {
      left -= far[chosen] as number;
      if (left < 0) break;
    }
  }
  return centres;
}
