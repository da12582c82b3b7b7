/**
 * How far apart two distributions are. Shares are of the same bins and sum to 1; samples are sorted.
 */

/** Of a row in a bin that one side never fills: a finite cost, as monitoring tools commonly have it. */
const EMPTY_SHARE = 1e-4;

/**
 * Population stability index, the symmetrised Kullback-Leibler divergence in nats: below .1 is
 * called stable, above .25 shifted (Siddiqi 2006, Credit Risk Scorecards).
 */
export function psi(reference: readonly number[], current: readonly number[]): number {
  let sum = 0;
  reference.forEach((share, bin) => {
    const was = Math.max(EMPTY_SHARE, share);
    const is = Math.max(EMPTY_SHARE, current[bin] as number);
    sum += (is - was) * Math.log(is / was);
  });
  return sum;
}

/** Jensen-Shannon distance with logarithms to base 2: 0 (alike) to 1 (nothing in common); a metric. */
export function jensenShannon(p: readonly number[], q: readonly number[]): number {
  let sum = 0;
  p.forEach((a, bin) => {
    const b = q[bin] as number;
    const middle = (a + b) / 2;
    if (a > 0) sum += (a * Math.log2(a / middle)) / 2;
    if (b > 0) sum += (b * Math.log2(b / middle)) / 2;
  });
  return Math.sqrt(Math.max(0, sum));
}

export interface KsTest {
  readonly statistic: number; // greatest distance of the two cumulative shares, 0..1
  readonly p: number; // of a distance at least so great if both were drawn alike; asymptotic
}

/** Two-sample Kolmogorov-Smirnov test. Both samples sorted ascending, at least one value each. */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): KsTest {
  let statistic = 0;
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const value = Math.min(a[i] as number, b[j] as number);
    while (i < a.length && (a[i] as number) === value) i += 1;
    while (j < b.length && (b[j] as number) === value) j += 1;
    statistic = Math.max(statistic, Math.abs(i / a.length - j / b.length));
  }
  const size = (a.length * b.length) / (a.length + b.length);
  return { statistic, p: kolmogorovTail(Math.sqrt(size) * statistic) };
}

/** P(K > x) of Kolmogorov's distribution: an alternating series, or its theta twin for small x. */
export function kolmogorovTail(x: number): number {
  if (x <= 0) return 1;
  let sum = 0;
  if (x < 1.18) {
    const t = Math.exp(-(Math.PI ** 2) / (8 * x * x));
    for (const odd of [1, 9, 25, 49, 81]) sum += t ** odd; // squares of 1, 3, 5, 7, 9
    return 1 - (Math.sqrt(2 * Math.PI) / x) * sum;
  }
  for (let k = 1; k <= 6; k += 1) sum += (k % 2 === 1 ? 1 : -1) * Math.exp(-2 * k * k * x * x);
  return Math.min(1, 2 * sum);
}

/**
 * Which of many p-values may be called findings so that at most `rate` of those called are false
 * (Benjamini & Hochberg 1995). One flag each, in their order.
 */
export function findings(pValues: readonly number[], rate: number): boolean[] {
  const order = pValues.map((_, i) => i).sort((a, b) => pValues[a]! - pValues[b]!);
  let last = -1;
  order.forEach((i, rank) => {
    if (pValues[i]! <= (rate * (rank + 1)) / pValues.length) last = rank;
  });
  const found = new Array<boolean>(pValues.length).fill(false);
  for (const i of order.slice(0, last + 1)) found[i] = true;
  return found;
}
