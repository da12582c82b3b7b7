import type { Prng } from '../../../server/core/prng.ts';
import { below, density } from './normal.ts';

/** A mixture of lognormal laws: `mean` and `spread` are of the logarithm. Shares add up to 1. */
export interface LognormalPart {
  readonly share: number;
  readonly mean: number;
  readonly spread: number;
}
export type LognormalMix = readonly LognormalPart[];

export function drawLognormal(prng: Prng, mix: LognormalMix): number {
  let left = prng.float();
  let part = mix[0] as LognormalPart;
  for (part of mix) if ((left -= part.share) < 0) break;
  return Math.exp(part.mean + part.spread * prng.normal());
}

/** Chance of less than `x`. */
export function lognormalBelow(mix: LognormalMix, x: number): number {
  if (x <= 0) return 0;
  return mix.reduce((sum, { share, mean, spread }) => sum + share * below((Math.log(x) - mean) / spread), 0);
}

/** Mean and variance of the logarithm. */
export function momentsOf(mix: LognormalMix): { mean: number; variance: number } {
  const mean = mix.reduce((sum, part) => sum + part.share * part.mean, 0);
  const square = mix.reduce((sum, part) => sum + part.share * (part.spread ** 2 + part.mean ** 2), 0);
  return { mean, variance: square - mean * mean };
}

export interface Censored {
  /** Values that were seen. All are above 0. */
  readonly seen: readonly number[];
  /** Lower bounds of values that were not seen yet when the data ended. */
  readonly open: readonly number[];
}

export interface Recurrence {
  /** Share that comes at all; 1 where nothing is open. */
  readonly comes: number;
  readonly mix: LognormalMix;
}

const ROUNDS_MAX = 400;
const SPREAD_MIN = 0.05;

/**
 * The likeliest mixture (expectation maximisation), and share of cases in which there will be a value at all
 * (a cure model): what is open has not come yet, or never will.
 */
export function fitRecurrence({ seen, open }: Censored, parts = 2): Recurrence {
  const logs = seen.map(Math.log).sort((a, b) => a - b);
  const bounds = open.map(Math.log);
  let comes = open.length === 0 ? 1 : seen.length / (seen.length + open.length / 2);
  let mix: LognormalPart[] = Array.from({ length: parts }, (_, i) => {
    const slice = logs.slice(
      Math.floor((i * logs.length) / parts), Math.floor(((i + 1) * logs.length) / parts));
    const mean = slice.reduce((a, b) => a + b, 0) / slice.length;
    const variance = slice.reduce((a, b) => a + (b - mean) ** 2, 0) / slice.length;
    return { share: 1 / parts, mean, spread: Math.max(0.2, 1.5 * Math.sqrt(variance)) };
  });
  let before = -Infinity;
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const sums = mix.map(() => ({ weight: 0, first: 0, second: 0 }));
    let likelihood = 0;
    for (const y of logs) {
      const each = mix.map(({ share, mean, spread }) => (share * density((y - mean) / spread)) / spread);
      const sum = each.reduce((a, b) => a + b, 0) || Number.MIN_VALUE;
      likelihood += Math.log(comes * sum);
      each.forEach((value, i) => {
        const weight = value / sum;
        sums[i]!.weight += weight;
        sums[i]!.first += weight * y;
        sums[i]!.second += weight * y * y;
      });
    }
    for (const bound of bounds) {
      const each = mix.map(({ share, mean, spread }) => comes * share * (1 - below((bound - mean) / spread)));
      const sum = each.reduce((a, b) => a + b, 0) + 1 - comes;
      likelihood += Math.log(sum || Number.MIN_VALUE);
      each.forEach((value, i) => {
        const weight = value / (sum || 1);
        if (!(weight > 1e-9)) return;
        const { mean, spread } = mix[i] as LognormalPart;
        const z = (bound - mean) / spread;
        const hazard = density(z) / Math.max(1e-12, 1 - below(z));
        const first = mean + spread * hazard; // of what lies above the bound
        const variance = spread ** 2 * Math.max(0, 1 + z * hazard - hazard ** 2);
        sums[i]!.weight += weight;
        sums[i]!.first += weight * first;
        sums[i]!.second += weight * (variance + first * first);
      });
    }
    const total = sums.reduce((a, { weight }) => a + weight, 0);
    comes = open.length === 0 ? 1 : Math.min(1, total / (logs.length + bounds.length));
    mix = sums.map(({ weight, first, second }) => {
      const mean = first / weight;
      const variance = Math.max(SPREAD_MIN ** 2, second / weight - mean ** 2);
      return { share: weight / total, mean, spread: Math.sqrt(variance) };
    });
    if (likelihood - before < 1e-7 * Math.abs(likelihood)) break;
    before = likelihood;
  }
  return { comes, mix: mix.sort((a, b) => a.mean - b.mean) };
}
