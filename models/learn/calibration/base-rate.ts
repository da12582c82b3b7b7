/**
 * Probabilities where the share of ones is another than where they were learned. Nothing here sees a
 * label of the rows that are asked about: only what a model says of them.
 */

const EDGE = 1e-9; // probabilities of 0 and 1 move by no odds: these do

/** What the odds of `said` are multiplied by so that their mean is `rate`, which is within 0..1. */
export function oddsToRate(said: Float64Array, rate: number): number {
  if (!(rate > 0 && rate < 1)) throw new RangeError(`a share of ${rate} has no odds`);
  let low = -40;
  let high = 40;
  for (let round = 0; round < 100; round += 1) {
    const middle = (low + high) / 2;
    if (mean(atOddsTimes(said, Math.exp(middle))) < rate) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/** Every probability with its odds multiplied. */
export function atOddsTimes(said: Float64Array, times: number): Float64Array {
  return said.map((p) => {
    const inside = Math.min(1 - EDGE, Math.max(EDGE, p));
    return (inside * times) / (inside * times + 1 - inside);
  });
}

/**
 * The share of ones among rows of which only `said` is known, by a model that learned where the share
 * was `taught`: the likeliest one, found by expectation and maximisation (Saerens, Latinne &
 * Decaestecker, Neural Computation 14, 2002). True where ones and zeros look as they did and come in
 * other numbers, and `said` came true where it was learned; elsewhere it may be worse than nothing.
 */
export function likeliestRate(said: Float64Array, taught: number): number {
  let rate = taught;
  for (let round = 0; round < ROUNDS; round += 1) {
    const next = mean(atOddsTimes(said, odds(rate) / odds(taught)));
    const moved = Math.abs(next - rate);
    rate = Math.min(1 - EDGE, Math.max(EDGE, next));
    if (moved < 1e-10) break;
  }
  return rate;
}

const ROUNDS = 10_000;

export function odds(rate: number): number {
  return rate / (1 - rate);
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
