import { descending, eachTie } from '../learn/metrics/order.ts';

/**
 * How well a score puts those first whom a treatment moves, on a trial whose arms were drawn by lot.
 * Definitions are those of scikit-uplift (`qini_auc_score`, `uplift_at_k`), so that figures compare.
 * `outcomes` and `treated` are 0 or 1, one a row, as are the scores, higher first.
 */
export interface Curve {
  readonly rows: Float64Array; // from the top, 0 first; one place for each score that differs
  readonly gain: Float64Array; // outcomes that the treatment added among them
}

/** Radcliffe's Qini curve: outcomes of the treated less those of the others, at the treated's number. */
export function qiniCurve(
  scores: ArrayLike<number>, outcomes: ArrayLike<number>, treated: ArrayLike<number>,
): Curve {
  return curve(scores, outcomes, treated, (won, arm, lost, others) =>
    won - (others === 0 ? 0 : (lost * arm) / others));
}

/** The difference of the arms' rates among the top, times its rows. */
export function upliftCurve(
  scores: ArrayLike<number>, outcomes: ArrayLike<number>, treated: ArrayLike<number>,
): Curve {
  return curve(scores, outcomes, treated, (won, arm, lost, others) =>
    ((arm === 0 ? 0 : won / arm) - (others === 0 ? 0 : lost / others)) * (arm + others));
}

/**
 * The Qini coefficient: the area between the curve and the straight line of a draw by lot, as a share
 * of what a perfect order would have. 0 is chance, below is worse than chance.
 */
export function qiniCoefficient(
  scores: ArrayLike<number>, outcomes: ArrayLike<number>, treated: ArrayLike<number>,
): number {
  const perfect = qiniCurve(
    Float64Array.from(outcomes, (outcome, row) => (treated[row] ? outcome : -outcome)), outcomes, treated);
  const rows = perfect.rows.at(-1) as number;
  const byLot = (rows * (perfect.gain.at(-1) as number)) / 2;
  return (area(qiniCurve(scores, outcomes, treated)) - byLot) / (area(perfect) - byLot);
}

/**
 * The difference of the arms' rates among the top `share` of all rows (`average: 'first'` there). NaN
 * where the top has one arm only. Rows that tie at the cut are taken as they come.
 */
export function upliftAt(
  scores: ArrayLike<number>, outcomes: ArrayLike<number>, treated: ArrayLike<number>, share: number,
): number {
  const top = descending(scores).subarray(0, Math.ceil(scores.length * share));
  let [won, arm, lost, others] = [0, 0, 0, 0];
  for (const row of top) {
    const outcome = outcomes[row] as number;
    if (treated[row]) {
      won += outcome;
      arm += 1;
    } else {
      lost += outcome;
      others += 1;
    }
  }
  return won / arm - lost / others;
}

/** The mean effect of the treatment: the difference of the arms' rates. */
export function averageEffect(outcomes: ArrayLike<number>, treated: ArrayLike<number>): number {
  return upliftAt(new Float64Array(outcomes.length), outcomes, treated, 1);
}

type Gain = (won: number, arm: number, lost: number, others: number) => number;

function curve(
  scores: ArrayLike<number>, outcomes: ArrayLike<number>, treated: ArrayLike<number>, gain: Gain,
): Curve {
  const order = descending(scores);
  const places = [0];
  const gains = [0];
  let [won, arm, lost] = [0, 0, 0];
  eachTie(scores, order, (from, end) => {
    for (let at = from; at < end; at += 1) {
      const row = order[at] as number;
      const outcome = outcomes[row] as number;
      if (treated[row]) {
        won += outcome;
        arm += 1;
      } else {
        lost += outcome;
      }
    }
    places.push(end);
    gains.push(gain(won, arm, lost, end - arm));
  });
  return { rows: Float64Array.from(places), gain: Float64Array.from(gains) };
}

/** By trapezia. */
function area({ rows, gain }: Curve): number {
  let sum = 0;
  for (let i = 1; i < rows.length; i += 1) {
    const width = (rows[i] as number) - (rows[i - 1] as number);
    sum += (width * ((gain[i] as number) + (gain[i - 1] as number))) / 2;
  }
  return sum;
}
