import type { Prng } from '../core/prng.ts';

/** What is known of an item in explored slots. */
export interface Tried {
  readonly shown: number;
  readonly clicked: number;
}

/**
 * How probable each of a pool is to be chosen, summing to 1: Thompson sampling (Thompson 1933; Chapelle
 * & Li 2011) with a Beta posterior of each item's click rate, mixed with an even choice. How often each
 * was best in `DRAWS` draws of all posteriors is taken as the policy itself, and the choice is then
 * drawn from what is returned: so a logged propensity is exactly the probability that it was chosen
 * with, no estimate of one, and none is below `uniform` over the pool's size.
 */
export function propensities(pool: readonly Tried[], uniform: number, prng: Prng): number[] {
  const wins = pool.map(() => 0);
  for (let draw = 0; draw < DRAWS; draw += 1) {
    let best = 0;
    let highest = -1;
    pool.forEach((tried, i) => {
      const rate = betaDraw(prng, ...posterior(tried));
      if (rate <= highest) return;
      highest = rate;
      best = i;
    });
    wins[best]! += 1;
  }
  return wins.map((won) => (1 - uniform) * won / DRAWS + uniform / pool.length);
}

const DRAWS = 64;

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

/** Of Beta(a, b), a and b at least 1. */
export function betaDraw(prng: Prng, a: number, b: number): number {
  const x = gammaDraw(prng, a);
  return x / (x + gammaDraw(prng, b));
}

/** Of Gamma(shape, 1), shape at least 1 (Marsaglia & Tsang 2000). */
function gammaDraw(prng: Prng, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = prng.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - prng.float()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}
