/** Proper scores: the true probability, and nothing else, makes their expectation least. */

const LEAST = 1e-12; // a probability of 0 that happens costs -ln of this, not infinity

/** Mean of -ln(probability of what happened), in nats. Labels are 0 or 1. */
export function logLoss(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row += 1) {
    const p = probabilities[row] as number;
    sum -= Math.log(Math.max(LEAST, labels[row] === 1 ? p : 1 - p));
  }
  return sum / labels.length;
}

/** Mean squared difference between what was said and what happened (Brier 1950). */
export function brier(probabilities: ArrayLike<number>, labels: ArrayLike<number>): number {
  let sum = 0;
  for (let row = 0; row < labels.length; row += 1) {
    sum += ((probabilities[row] as number) - (labels[row] as number)) ** 2;
  }
  return sum / labels.length;
}
