/** The special functions that the purchase models need, for positive real arguments. */

/** ln Γ(x), x > 0: Stirling's series, after steps up to where it is exact to double precision. */
export function logGamma(x: number): number {
  if (!(x > 0)) return NaN;
  let shift = 1;
  let z = x;
  while (z < 10) {
    shift *= z;
    z += 1;
  }
  const y = 1 / (z * z);
  const series = (STIRLING[0] + y * (STIRLING[1] + y * (STIRLING[2] + y * (STIRLING[3] +
    y * (STIRLING[4] + y * STIRLING[5]))))) / z;
  return (z - 0.5) * Math.log(z) - z + HALF_LOG_2_PI + series - Math.log(shift);
}

const HALF_LOG_2_PI = 0.918_938_533_204_672_8;
const STIRLING = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360] as const;

/** ln B(a, b), a and b > 0. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

/**
 * Gauss's 2F1(a, b; c; z) for a, b, c > 0 and 0 <= z < 1: the power series, whose terms are all
 * positive, of the form with the smaller exponents (Euler's transformation) where there is one.
 */
export function hyp2f1(a: number, b: number, c: number, z: number): number {
  if (!(c > 0) || !(z >= 0) || !(z < 1)) return NaN;
  if (c - a > 0 && c - b > 0 && c < a + b) {
    return (1 - z) ** (c - a - b) * powerSeries(c - a, c - b, c, z);
  }
  return powerSeries(a, b, c, z);
}

const TERMS_MAX = 200_000; // some 30 / (1 - z) are needed

function powerSeries(a: number, b: number, c: number, z: number): number {
  let sum = 1;
  let term = 1;
  for (let n = 0; n < TERMS_MAX; n += 1) {
    const ratio = ((a + n) * (b + n) * z) / ((c + n) * (n + 1));
    term *= ratio;
    sum += term;
    // From here on each term is at most `ratio` (or z) of the one before.
    if (ratio < 1 && term / (1 - Math.max(ratio, z)) < 1e-16 * sum) break;
  }
  return sum;
}

/** P(a, x), the share of Gamma(a, 1) that lies below x: its series, or the fraction of the rest. */
export function gammaBelow(a: number, x: number): number {
  if (!(x > 0)) return 0;
  const scale = Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let sum = term;
    for (let n = 1; n < 10_000 && term > 1e-17 * sum; n += 1) {
      term *= x / (a + n);
      sum += term;
    }
    return scale * sum;
  }
  // Lentz's way through the continued fraction.
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let rest = d;
  for (let n = 1; n < 10_000; n += 1) {
    const an = -n * (n - a);
    b += 2;
    d = 1 / (an * d + b || 1e-300);
    c = b + an / c || 1e-300;
    rest *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return 1 - scale * rest;
}
