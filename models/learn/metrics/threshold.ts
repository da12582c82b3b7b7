import { descending, eachTie, ones } from './order.ts';

/** Rows by what was said ("yes" from the threshold up) and what happened. */
export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** What a wrong answer costs, in any unit of money; right answers cost nothing. */
export interface Costs {
  readonly falseAlarm: number; // "yes", and it did not happen: a coupon for nothing
  readonly miss: number; // "no", and it did: a sale lost
}

export function confusion(
  scores: ArrayLike<number>, labels: ArrayLike<number>, threshold: number,
): Confusion {
  let said = 0;
  let right = 0;
  for (let row = 0; row < labels.length; row += 1) {
    if ((scores[row] as number) < threshold) continue;
    said += 1;
    right += labels[row] as number;
  }
  return of(said, right, ones(labels), labels.length);
}

/** Share of the rows that were called right. */
export function accuracy(at: Confusion): number {
  const right = at.truePositives + at.trueNegatives;
  return right / (right + at.falsePositives + at.falseNegatives);
}

/** Share of the "yes" that happened; 0 where nothing was called "yes". */
export function precision(at: Confusion): number {
  return ratio(at.truePositives, at.truePositives + at.falsePositives);
}

/** Share of what happened that was called "yes"; 0 where nothing happened. */
export function recall(at: Confusion): number {
  return ratio(at.truePositives, at.truePositives + at.falseNegatives);
}

/** Harmonic mean of precision and recall; 0 without a true positive. */
export function f1(at: Confusion): number {
  const { truePositives, falsePositives, falseNegatives } = at;
  return ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives);
}

/** The threshold with the highest F1. Of the rows it is chosen on, that F1 flatters the model. */
export function maxF1(
  scores: ArrayLike<number>, labels: ArrayLike<number>,
): { readonly threshold: number; readonly f1: number } {
  const { threshold, cost } = cheapest(scores, labels, (at) => -f1(at));
  return { threshold, f1: -cost };
}

/**
 * The threshold under which wrong answers cost least on these rows, and the mean cost of a row
 * there. Of thresholds that cost the same, the highest; Infinity where "no" to all is cheapest.
 */
export function cheapestThreshold(
  scores: ArrayLike<number>, labels: ArrayLike<number>, costs: Costs,
): { readonly threshold: number; readonly cost: number } {
  return cheapest(scores, labels, (at) => costOf(at, costs));
}

/** Mean cost of a row. */
export function costOf(at: Confusion, costs: Costs): number {
  const { truePositives, falsePositives, trueNegatives, falseNegatives } = at;
  const rows = truePositives + falsePositives + trueNegatives + falseNegatives;
  return (falsePositives * costs.falseAlarm + falseNegatives * costs.miss) / rows;
}

/** Where a calibrated probability makes "yes" and "no" cost the same (Elkan 2001). */
export function bayesThreshold({ falseAlarm, miss }: Costs): number {
  return falseAlarm / (falseAlarm + miss);
}

/** Tries every score as the threshold, highest first. */
function cheapest(
  scores: ArrayLike<number>, labels: ArrayLike<number>, price: (at: Confusion) => number,
): { threshold: number; cost: number } {
  const order = descending(scores);
  const positives = ones(labels);
  let best = { threshold: Infinity, cost: price(of(0, 0, positives, labels.length)) };
  let right = 0;
  eachTie(scores, order, (from, end) => {
    for (let at = from; at < end; at += 1) right += labels[order[at] as number] as number;
    const cost = price(of(end, right, positives, labels.length));
    if (cost < best.cost) best = { threshold: scores[order[from] as number] as number, cost };
  });
  return best;
}

function of(said: number, right: number, positives: number, rows: number): Confusion {
  return {
    truePositives: right,
    falsePositives: said - right,
    trueNegatives: rows - positives - (said - right),
    falseNegatives: positives - right,
  };
}

function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
