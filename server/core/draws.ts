import type { Prng } from './prng.ts';

/** Gamma(shape, 1), by Marsaglia & Tsang (2000). */
export function gammaDraw(prng: Prng, shape: number): number {
  if (shape < 1) return gammaDraw(prng, shape + 1) * (1 - prng.float()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = prng.normal();
    const v = (1 + c * x) ** 3;
    if (v <= 0) continue;
    if (Math.log(1 - prng.float()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Beta(a, b) */
export function betaDraw(prng: Prng, a: number, b: number): number {
  const one = gammaDraw(prng, a);
  return one / (one + gammaDraw(prng, b));
}
