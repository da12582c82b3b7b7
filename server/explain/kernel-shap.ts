import assert from 'node:assert/strict';
import { Prng } from '../core/prng.ts';
import type { Evaluate } from './evaluate.ts';
import { solveSymmetric } from './linear-solve.ts';

/** What each feature adds to a prediction, from `base` to `value`, and how it was found out. */
export interface Attribution {
  readonly base: number; // what the model says on average of the background
  readonly value: number; // of the row
  readonly contributions: Float64Array; // one a feature; base + their sum is value
}

export interface KernelShapOptions {
  /** Coalitions that may be asked about; as many as there are when that is less: then it is exact. */
  readonly coalitionsMax: number;
  readonly seed: number;
}

/**
 * KernelSHAP (Lundberg & Lee 2017): Shapley values of any model as a weighted linear regression over
 * coalitions of features. A feature that is not in a coalition has the values of `background`
 * (`[n, features]`), over which the answers are averaged. With all 2^m - 2 coalitions the result is
 * exact; else sizes are taken whole from the outside in while they fit, and the rest is drawn in
 * pairs of a coalition and its complement (Covert & Lee 2021), which takes away most of the noise.
 * Only features in which the row differs from the background are players. One call of `evaluate`.
 */
export async function kernelShap(
  evaluate: Evaluate, row: Float32Array, background: Float32Array, options: KernelShapOptions,
): Promise<Attribution & { readonly exact: boolean; readonly rows: number }> {
  const width = row.length;
  const others = background.length / width;
  assert.ok(Number.isInteger(others) && others >= 1);
  const players = differing(row, background);
  const { masks, weights, exact } = coalitions(players.length, options);
  const rows = new Float32Array((1 + others + weights.length * others) * width);
  rows.set(row);
  rows.set(background, width);
  masks.forEach((mask, at) => {
    const start = (1 + others + at * others) * width;
    rows.set(background, start);
    players.forEach((feature, player) => {
      if (mask[player] === 0) return;
      for (let i = 0; i < others; i += 1) rows[start + i * width + feature] = row[feature] as number;
    });
  });
  const answers = await evaluate(rows, rows.length / width);
  const value = answers[0] as number;
  const base = mean(answers, 1, others);
  const worths = Float64Array.from(weights, (_, at) => mean(answers, 1 + others + at * others, others));
  const phi = regress(masks, weights, worths, base, value);
  const contributions = new Float64Array(width);
  players.forEach((feature, player) => (contributions[feature] = phi[player] as number));
  return { base, value, contributions, exact, rows: rows.length / width };
}

/** Features whose value in the row is not that of every background row; NaN is one value. */
function differing(row: Float32Array, background: Float32Array): number[] {
  const differs = new Set<number>();
  background.forEach((other, at) => {
    if (!Object.is(other, row[at % row.length])) differs.add(at % row.length);
  });
  return [...differs].sort((a, b) => a - b);
}

interface Coalitions {
  readonly masks: readonly Uint8Array[]; // 1: the player is in
  readonly weights: Float64Array;
  readonly exact: boolean; // all of them
}

/** Which coalitions are asked about, and what each weighs; neither nobody nor everybody. */
export function coalitions(players: number, options: KernelShapOptions): Coalitions {
  const masks: Uint8Array[] = [];
  const weights: number[] = [];
  const half = Math.floor(players / 2);
  const sizes = Array.from({ length: half }, (_, i) => i + 1); // each stands for its complement, too
  const shares = sizes.map((size) => sizeWeight(players, size));
  let left = options.coalitionsMax;
  while (sizes.length > 0) {
    const size = sizes[0] as number;
    const pairs = size * 2 === players ? 1 : 2;
    const count = choose(players, size) * pairs;
    if (count > left) break;
    const each = (shares[0] as number) / count;
    for (const mask of subsets(players, size)) {
      masks.push(mask);
      weights.push(each);
      if (pairs === 2) {
        masks.push(mask.map((is) => 1 - is));
        weights.push(each);
      }
    }
    left -= count;
    sizes.shift();
    shares.shift();
  }
  if (sizes.length === 0) return { masks, weights: Float64Array.from(weights), exact: true };
  drawPairs(players, sizes, shares, left, options.seed, masks, weights);
  return { masks, weights: Float64Array.from(weights), exact: false };
}

/** Coalitions drawn by the kernel's weight of their size, each with its complement. */
function drawPairs(
  players: number, sizes: readonly number[], shares: readonly number[], count: number, seed: number,
  masks: Uint8Array[], weights: number[],
): void {
  const prng = new Prng(seed);
  const total = shares.reduce((sum, share) => sum + share, 0);
  const pairs = Math.max(players, Math.floor(count / 2)); // fewer would leave players untold apart
  const order = Array.from({ length: players }, (_, i) => i);
  for (let pair = 0; pair < pairs; pair += 1) {
    let dart = prng.float() * total;
    let at = 0;
    while (at < sizes.length - 1 && dart >= (shares[at] as number)) dart -= shares[at++] as number;
    const mask = new Uint8Array(players);
    for (let i = 0; i < (sizes[at] as number); i += 1) {
      const other = i + prng.below(players - i);
      [order[i], order[other]] = [order[other] as number, order[i] as number];
      mask[order[i] as number] = 1;
    }
    masks.push(mask, mask.map((is) => 1 - is));
    weights.push(total / pairs / 2, total / pairs / 2);
  }
}

/** What all coalitions of a size and of its complement weigh together under the Shapley kernel. */
function sizeWeight(players: number, size: number): number {
  const one = (players - 1) / (size * (players - size));
  return size * 2 === players ? one : one * 2;
}

/** The weighted least squares with the constraint that the values add up to `value - base`. */
function regress(
  masks: readonly Uint8Array[], weights: Float64Array, worths: Float64Array, base: number, value: number,
): Float64Array {
  const players = masks[0]?.length ?? 0;
  const gap = value - base;
  if (masks.length === 0) return Float64Array.of(gap); // one player, or none
  const free = players - 1; // the last one is what is left
  const a = new Float64Array(free * free);
  const b = new Float64Array(free);
  const x = new Float64Array(free);
  masks.forEach((mask, at) => {
    const weight = weights[at] as number;
    const last = mask[free] as number;
    const y = (worths[at] as number) - base - last * gap;
    for (let i = 0; i < free; i += 1) x[i] = (mask[i] as number) - last;
    for (let i = 0; i < free; i += 1) {
      const scaled = weight * (x[i] as number);
      if (scaled === 0) continue;
      b[i] = (b[i] as number) + scaled * y;
      for (let j = 0; j < free; j += 1) {
        a[i * free + j] = (a[i * free + j] as number) + scaled * (x[j] as number);
      }
    }
  });
  const solved = solveSymmetric(a, b);
  const sum = solved.reduce((total, phi) => total + phi, 0);
  return Float64Array.of(...solved, gap - sum);
}

function* subsets(players: number, size: number): Generator<Uint8Array> {
  const at = Array.from({ length: size }, (_, i) => i);
  for (;;) {
    const mask = new Uint8Array(players);
    for (const player of at) mask[player] = 1;
    yield mask;
    let i = size - 1;
    while (i >= 0 && at[i] === players - size + i) i -= 1;
    if (i < 0) return;
    at[i] = (at[i] as number) + 1;
    for (let next = i + 1; next < size; next += 1) at[next] = (at[next - 1] as number) + 1;
  }
}

function choose(n: number, k: number): number {
  let count = 1;
  for (let i = 1; i <= k; i += 1) count = (count * (n - k + i)) / i;
  return Math.round(count);
}

function mean(values: Float64Array, from: number, count: number): number {
  let sum = 0;
  for (let i = from; i < from + count; i += 1) sum += values[i] as number;
  return sum / count;
}
