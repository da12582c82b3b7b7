import type { Block } from './block.ts';

const PER_DOUBLING = 16;
const BUCKETS = 40 * PER_DOUBLING; // from a thousandth of a microsecond on: 2^30 us is 18 minutes
const FLOOR = 10; // doublings below 1 us

/**
 * A Kolmogorov-Smirnov test by betting (after Shekhar & Ramdas 2023, "Nonparametric two-sample testing
 * by betting"): the latency at which the pairs so far differ most, in standard errors of a coin,
 * is where the next pair is looked at. So no latency has to be named beforehand, and a difference
 * between the quantiles that are watched is found, too.
 *
 * Returns for each pair the difference of the shares below that latency, times the sign it has had;
 * 0 for the first. What it is looked at by is known before the pair, so its sign is a coin
 * where the label makes no difference.
 */
export function witnessDifferences(pairs: readonly (readonly [Block, Block])[]): number[] {
  const sums = new Float64Array(BUCKETS); // of (B's share below) - (A's)
  const both = new Float64Array(BUCKETS);
  let where = -1;
  return pairs.map(([a, b], pair) => {
    const [of, than] = [sharesBelow(b.latencies), sharesBelow(a.latencies)];
    const told = where < 0 ? 0 : ((of[where]! - than[where]!) * Math.sign(sums[where]!));
    let most = 0;
    for (let i = 0; i < BUCKETS; i += 1) {
      sums[i]! += of[i]! - than[i]!;
      both[i]! += of[i]! + than[i]!;
      const share = both[i]! / (2 * (pair + 1));
      const size = Math.abs(sums[i]!) / Math.sqrt(share * (1 - share) + 1e-4);
      if (size > most) [most, where] = [size, i];
    }
    return told;
  });
}

/** By bucket, the share of latencies in it and in those before it. */
function sharesBelow(sorted: Float64Array): Float64Array {
  const shares = new Float64Array(BUCKETS);
  for (const us of sorted) shares[bucketOf(us)]! += 1 / sorted.length;
  for (let i = 1; i < BUCKETS; i += 1) shares[i]! += shares[i - 1]!;
  return shares;
}

function bucketOf(us: number): number {
  const at = Math.floor((Math.log2(Math.max(us, 1e-9)) + FLOOR) * PER_DOUBLING);
  return Math.min(BUCKETS - 1, Math.max(0, at));
}
