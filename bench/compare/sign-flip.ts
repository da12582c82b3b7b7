/**
 * Evidence from pairs of blocks that may be looked at after every pair. Which of a pair's two slots is
 * A's is a fair coin's choice. Where the label makes no difference, a pair's difference therefore has
 * either sign with probability 1/2, given its size and everything before it: whatever requests of a
 * block have to do with each other, however heavy their tails, however the machine drifts. So a
 * bettor who stakes a share of what they have on the next sign wins nothing in the mean: their
 * wealth is a martingale from 1, and reaches 1 / alpha with probability alpha at most (Ville 1939;
 * Ramdas, Grünwald, Vovk & Shafer 2023, "Game-theoretic statistics and safe anytime-valid inference").
 *
 * The mean of many bettors' wealth is one again: they stake different shares, on either sign, as much
 * on every pair (which is quick where all signs agree) or by the rank of its size among those so far
 * (a sequential Wilcoxon test: better where the differences are small).
 */
const SHARES = [1, 0.9, 0.7, 0.5, 0.3, 0.15];

/** Wealth from 1 against "the signs are coins", in order of the pairs. NaN counts as no difference. */
export function evidence(differences: readonly number[]): number {
  const wealth = new Float64Array(4 * SHARES.length).fill(1);
  differences.forEach((difference, at) => {
    if (!difference) return; // 0 and NaN: nobody can bet on it
    const sign = Math.sign(difference);
    const rank = rankSoFar(differences, at);
    SHARES.forEach((share, i) => {
      wealth[4 * i]! *= 1 + share * sign;
      wealth[4 * i + 1]! *= 1 - share * sign;
      wealth[4 * i + 2]! *= 1 + share * sign * rank;
      wealth[4 * i + 3]! *= 1 - share * sign * rank;
    });
  });
  return wealth.reduce((sum, one) => sum + one, 0) / wealth.length;
}

/** Of the size at `at` among those up to it, in (0, 1]. */
function rankSoFar(differences: readonly number[], at: number): number {
  const size = Math.abs(differences[at] as number);
  let below = 0;
  for (let i = 0; i <= at; i += 1) below += Math.abs(differences[i] as number) <= size ? 1 : 0;
  return below / (at + 1);
}

export interface Bounds {
  readonly low: number; // -Infinity until the pairs can refute anything
  readonly high: number;
}

const STEPS = 60;
const HALVINGS = 25;

/**
 * All shifts that `evidence` has not refuted: if B differs from A by one and the same amount in any
 * slot, it lies within these bounds at every moment with probability 1 - alpha. Where the difference
 * varies, they are bounds on the middle of it, if it varies symmetrically.
 */
export function bounds(differences: readonly number[], alpha: number): Bounds {
  const known = differences.filter((one) => !Number.isNaN(one));
  if (known.length === 0) return { low: -Infinity, high: Infinity };
  const sorted = known.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] as number;
  const refuted = (shift: number): boolean => evidence(known.map((one) => one - shift)) >= 1 / alpha;
  return {
    low: edge(sorted[0] as number, middle, -1, refuted),
    high: edge(sorted.at(-1) as number, middle, 1, refuted),
  };
}

/** Walks from beyond the outermost difference inwards; what it returns is still refuted. */
function edge(
  outermost: number, middle: number, way: 1 | -1, refuted: (shift: number) => boolean,
): number {
  const span = Math.abs(outermost - middle);
  let out = outermost + way * (span + Math.abs(outermost) * 1e-9 + 1e-12);
  if (!refuted(out)) return way * Infinity;
  for (let step = 1; step <= STEPS; step += 1) {
    const next = outermost + (middle - outermost) * (step / STEPS);
    if (!refuted(next)) return halved(out, next, refuted);
    out = next;
  }
  return out;
}

function halved(outside: number, within: number, refuted: (shift: number) => boolean): number {
  let [out, inside] = [outside, within];
  for (let i = 0; i < HALVINGS; i += 1) {
    const between = (out + inside) / 2;
    if (refuted(between)) out = between;
    else inside = between;
  }
  return out;
}
