import { nelderMead } from '../../../models/customers/btyd/nelder-mead.ts';
import type { Prng } from '../../../server/core/prng.ts';

/**
 * A power law with a flat head (Zipf-Mandelbrot) and a cut-off tail: the chance of n in from..to is
 * in proportion to (n + shift)^-exponent * exp(-n / cutoff). Ranks of items, lengths of sessions.
 */
export interface CutPower {
  readonly from: number;
  readonly to: number;
  readonly exponent: number; // 0..
  readonly shift: number; // 0..
  readonly cutoff: number; // above 0; Infinity is written as null in JSON, so a large number
}

export const CUTOFF_MAX = 1e9;

/** Chances in the order from..to; their sum is 1. */
export function chancesOf({ from, to, exponent, shift, cutoff }: CutPower): Float64Array {
  const chances = new Float64Array(to - from + 1);
  let sum = 0;
  for (let i = 0; i < chances.length; i += 1) {
    const n = from + i;
    sum += chances[i] = Math.exp(-exponent * Math.log(n + shift) - (n - from) / cutoff);
  }
  for (let i = 0; i < chances.length; i += 1) chances[i] = (chances[i] as number) / sum;
  return chances;
}

/** Draws of a law, by a table of 8 bytes a value. */
export class Draws {
  readonly #upTo: Float64Array;

  constructor(private readonly from: number, chances: Float64Array) {
    let sum = 0;
    this.#upTo = chances.map((chance) => (sum += chance));
  }

  static of(law: CutPower): Draws {
    return new Draws(law.from, chancesOf(law));
  }

  next(prng: Prng): number {
    return this.from + placeOf(this.#upTo, prng.float() * (this.#upTo.at(-1) as number));
  }
}

/** The first place whose cumulative value is above `at`. */
export function placeOf(upTo: Float64Array, at: number): number {
  let [low, high] = [0, upTo.length - 1];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((upTo[middle] as number) > at) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The law under which counts (of from, from + 1, …; some may be 0) are likeliest. */
export function fitCutPower(from: number, counts: ArrayLike<number>, start?: CutPower): CutPower {
  const to = from + counts.length - 1;
  const law = ([exponent = 1, shift = 0, cutoff = 0]: readonly number[]): CutPower => ({
    from, to, exponent: Math.abs(exponent), shift: Math.min(CUTOFF_MAX, Math.exp(shift)),
    cutoff: Math.min(CUTOFF_MAX, Math.exp(cutoff)),
  });
  const loss = (at: readonly number[]): number => {
    const { exponent, shift, cutoff } = law(at);
    let [sum, said, total] = [0, 0, 0];
    for (let i = 0; i < counts.length; i += 1) {
      const log = -exponent * Math.log(from + i + shift) - i / cutoff;
      const count = counts[i] as number;
      sum += Math.exp(log);
      said += count * log;
      total += count;
    }
    return Math.log(sum) - said / total;
  };
  const starts = start
    ? [[start.exponent, Math.log(start.shift + 1e-3), Math.log(start.cutoff)]]
    : [[1, 0, Math.log(to)], [2.5, 1, Math.log(to)], [0.5, 1, Math.log(1 + to / 4)]];
  const found = starts.map((at) => nelderMead(loss, at, 0.5, 250));
  return law(found.reduce((a, b) => (b.value < a.value ? b : a)).at);
}

/**
 * The law of items by rank, from the views of each. What was never seen is part of the catalogue too: it is
 * as large as makes so many views show as many items as were seen.
 */
export function fitPopularity(views: readonly number[]): CutPower {
  const ranked = [...views].sort((a, b) => b - a);
  const total = ranked.reduce((a, b) => a + b, 0);
  let items = ranked.length;
  let law = fitCutPower(1, ranked);
  for (let round = 0; round < 3; round += 1) {
    let shown = 0;
    for (const chance of chancesOf({ ...law, to: items })) shown += 1 - Math.exp(-total * chance);
    const wanted = Math.min(4 * ranked.length, Math.round(items * ranked.length / shown));
    if (Math.abs(wanted - items) < 0.002 * items) break;
    items = wanted;
    const padded = new Float64Array(items);
    padded.set(ranked);
    law = fitCutPower(1, padded, law);
  }
  return { ...law, to: items };
}
