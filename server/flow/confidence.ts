/**
 * Bounds on a probability that hold at every moment at once, however often one looks: a confidence
 * sequence from the beta-binomial mixture (Robbins 1970; Howard, Ramdas, McAuliffe & Sekhon 2021,
 * "Time-uniform, nonparametric, nonasymptotic confidence sequences"). For the true p the ratio
 *
 *     M(p) = B(k + a, n - k + b) / B(a, b) / (p^k (1 - p)^(n - k))
 *
 * of the mixture's likelihood to that of p is a martingale that begins at 1, so it ever reaches
 * 1 / alpha with probability alpha at most (Ville 1939). The bounds are the p that it has not
 * refuted. A fixed-sample test that is looked at after every request refutes nearly anything.
 */
export interface Bounds {
  readonly low: number;
  readonly high: number;
}

const PRIOR = 0.5; // a and b, as Jeffreys': it gives rare events tight bounds
const HALVINGS = 40;

/** Of `events` in `trials`. All of [0, 1] before the first trial. */
export function bounds(events: number, trials: number, alpha: number): Bounds {
  if (trials === 0) return { low: 0, high: 1 };
  const mean = events / trials;
  const limit = -Math.log(alpha);
  const mixture = lnBeta(events + PRIOR, trials - events + PRIOR) - lnBeta(PRIOR, PRIOR);
  const refuted = (p: number): boolean =>
    mixture - times(events, Math.log(p)) - times(trials - events, Math.log1p(-p)) >= limit;
  return {
    low: events === 0 ? 0 : edge(0, mean, refuted),
    high: events === trials ? 1 : edge(1, mean, refuted),
  };
}

/** Where `refuted` ends between `outside`, where it holds, and the mean, where it does not. */
function edge(outside: number, mean: number, refuted: (p: number) => boolean): number {
  let [out, inside] = [outside, mean];
  for (let i = 0; i < HALVINGS; i += 1) {
    const middle = (out + inside) / 2;
    if (refuted(middle)) out = middle;
    else inside = middle;
  }
  return out; // on the safe side
}

function times(count: number, log: number): number {
  return count === 0 ? 0 : count * log; // 0 * -Infinity is none
}

function lnBeta(a: number, b: number): number {
  return lnGamma(a) + lnGamma(b) - lnGamma(a + b);
}

/** Of x > 0. Stirling's series from 8 on, to 1e-12; below by the recurrence. */
export function lnGamma(x: number): number {
  let shift = 0;
  let at = x;
  for (; at < 8; at += 1) shift += Math.log(at);
  const inverse = 1 / (at * at);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / at;
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
