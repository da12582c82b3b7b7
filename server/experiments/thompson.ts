import { betaDraw } from '../core/draws.ts';
import type { Prng } from '../core/prng.ts';

/** What is known of an item in explored slots. */
export interface Tried {
  readonly shown: number;
  readonly clicked: number;
}

/**
 * How probable each of a pool is to be chosen, summing to 1: Thompson sampling (Thompson 1933; Chapelle
 * & Li 2011) with a Beta posterior of each item's click rate, mixed with an even choice. How often each
 * is best among `DRAWS` draws of all posteriors is taken as the policy itself, and the choice is then
 * drawn from what is returned: so a logged propensity is exactly the probability that it was chosen
 * with, no estimate of one, and none is below `uniform` over the pool's size. Pure.
 */
export function propensities(draws: readonly Float32Array[], uniform: number): number[] {
  const wins = draws.map(() => 0);
  for (let draw = 0; draw < DRAWS; draw += 1) {
    let best = 0;
    for (let i = 1; i < draws.length; i += 1) {
      if (draws[i]![draw]! > draws[best]![draw]!) best = i;
    }
    wins[best]! += 1;
  }
  return wins.map((won) => (1 - uniform) * won / DRAWS + uniform / draws.length);
}

const DRAWS = 64;
const BANK = 16_384; // draws of what nothing is known of, of which each item takes some
/** Drawn anew when it was shown so much more often, or clicked. */
const SHOWN_GROWTH = 1.05;

/** Draws of items' posteriors, kept while little is learned: drawing costs more than all else. */
export class Posteriors {
  readonly #kept = new WeakMap<Tried, Tried & { readonly draws: Float32Array }>();
  readonly #bank: Float32Array;

  constructor(private readonly prng: Prng) {
    this.#bank = Float32Array.from({ length: BANK }, () => betaDraw(prng, ...posterior(NEVER)));
  }

  /** `DRAWS` of them. `tried` is the item's own record, which may have changed since. */
  of(tried: Tried): Float32Array {
    const { shown, clicked } = tried;
    if (shown === 0) {
      const from = this.prng.below(BANK - DRAWS);
      return this.#bank.subarray(from, from + DRAWS);
    }
    const kept = this.#kept.get(tried);
    if (kept && kept.clicked === clicked && shown <= kept.shown * SHOWN_GROWTH) return kept.draws;
    const draws = Float32Array.from({ length: DRAWS }, () => betaDraw(this.prng, ...posterior(tried)));
    this.#kept.set(tried, { shown, clicked, draws });
    return draws;
  }
}

/** Of an item that has never been in an explored slot. */
export const NEVER: Tried = { shown: 0, clicked: 0 };

/** Before anything is known a click rate is taken for 5 %, as if 20 times shown. */
const PRIOR = { clicked: 1, passed: 19 };

export function posterior({ shown, clicked }: Tried): [a: number, b: number] {
  return [PRIOR.clicked + clicked, PRIOR.passed + Math.max(0, shown - clicked)];
}

/** The posterior's mean. */
export function clickRate(tried: Tried): number {
  const [a, b] = posterior(tried);
  return a / (a + b);
}
