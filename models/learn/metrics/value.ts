import { descending, eachTie } from './order.ts';

/** How well predicted values (money, counts) tell the true ones; arrays of the same length. */

/**
 * Ranking by Gini: how much faster than by chance the true values, which are not negative, are
 * gathered in order of the predicted ones, as a share of what the best order gathers. 1 is the best
 * order, 0 is chance; NaN where all true values are equal. Equal predictions share what they hold.
 */
export function gini(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  return concentration(predicted, actual) / concentration(actual, actual);
}

/** Twice the area between the curve of gathered shares and the diagonal. */
function concentration(by: ArrayLike<number>, actual: ArrayLike<number>): number {
  const order = descending(by);
  let gathered = 0;
  let area = 0; // under the curve, by trapezoids: straight across a tie
  eachTie(by, order, (from, end) => {
    const before = gathered;
    for (let at = from; at < end; at += 1) gathered += actual[order[at] as number] as number;
    area += ((before + gathered) / 2) * (end - from);
  });
  return (2 * area) / (gathered * order.length) - 1;
}

/** (predicted - true) / true, of the totals: .1 is 10 % too much in all. */
export function totalError(predicted: ArrayLike<number>, actual: ArrayLike<number>): number {
  let said = 0;
  let was = 0;
  for (let row = 0; row < actual.length; row += 1) {
    said += predicted[row] as number;
    was += actual[row] as number;
  }
  return (said - was) / was;
}

/** Mean of |predicted - true|. */
export function meanAbsoluteError(
  predicted: ArrayLike<number>, actual: ArrayLike<number>,
): number {
  let sum = 0;
  for (let row = 0; row < actual.length; row += 1) {
    sum += Math.abs((predicted[row] as number) - (actual[row] as number));
  }
  return sum / actual.length;
}

/** Root of the mean of (predicted - true)². */
export function rootMeanSquareError(
  predicted: ArrayLike<number>, actual: ArrayLike<number>,
): number {
  let sum = 0;
  for (let row = 0; row < actual.length; row += 1) {
    sum += ((predicted[row] as number) - (actual[row] as number)) ** 2;
  }
  return Math.sqrt(sum / actual.length);
}
