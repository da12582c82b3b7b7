import { bootstrap, pick, type Interval } from '../learn/metrics/bootstrap.ts';
import { stratified } from '../learn/split/stratified.ts';
import type { UpliftLearner } from './learners.ts';
import { bestMoments, type Timed } from './moments.ts';
import { qiniCoefficient, upliftAt } from './qini.ts';
import { takeTrial, type Trial } from './trial.ts';

/** What one learner said of rows it had not learned from, and how good that was. */
export interface UpliftScores {
  readonly name: string;
  readonly scores: Float64Array; // one a row, at the moment the row had
  readonly timed: Timed | null; // at each row's best moment; null: the trial has no moments
  readonly qini: number;
  readonly upliftAtTop: number; // among the top 30 %
}

export const TOP = 0.3;

export interface CompareOptions {
  readonly seed: number;
  readonly folds?: number; // 5
  readonly moment?: string; // the table's column that the sender chooses
}

/** Every learner, scored out of fold on the same folds: arms and outcomes are alike in each. */
export function compareUplift(
  trial: Trial, learners: readonly UpliftLearner[], { seed, folds = 5, moment }: CompareOptions,
): UpliftScores[] {
  const { table, treated, outcomes } = trial;
  const cells = outcomes.map((outcome, row) => outcome + 2 * (treated[row] as number));
  const plan = stratified({ folds, seed })({ table, labels: cells });
  return learners.map((learner) => {
    const scores = new Float64Array(table.rows);
    const best = new Float64Array(table.rows);
    const at = new Uint32Array(table.rows);
    for (const { train, test } of plan.folds) {
      const fitted = learner.fit(takeTrial(trial, train), seed);
      const asked = takeTrial(trial, test).table;
      fitted.predict(asked).forEach((score, i) => (scores[test[i] as number] = score));
      if (moment === undefined) continue;
      const timed = bestMoments(fitted, asked, moment);
      test.forEach((row, i) => {
        best[row] = timed.uplift[i] as number;
        at[row] = timed.moment[i] as number;
      });
    }
    return {
      name: learner.name, scores,
      timed: moment === undefined ? null : { uplift: best, moment: at },
      qini: qiniCoefficient(scores, outcomes, treated),
      upliftAtTop: upliftAt(scores, outcomes, treated, TOP),
    };
  });
}

/** Qini of one less that of another, on the same draws of rows. */
export function qiniDifference(
  { outcomes, treated }: Trial, one: Float64Array, other: Float64Array, seed: number,
): Interval {
  return bootstrap(outcomes.length, (at) => {
    const [y, w] = [pick(outcomes, at), pick(treated, at)];
    return qiniCoefficient(pick(one, at), y, w) - qiniCoefficient(pick(other, at), y, w);
  }, { seed, rounds: 100 });
}

/**
 * Money that treating the top `share` by a score adds, per 1000 customers: the difference of the arms'
 * mean value among them, times their share. `rows`: those that count, where a policy names a moment,
 * for whose others it is not known what they would have done then.
 */
export function gainPerThousand(
  { outcomes, treated, values }: Trial, scores: ArrayLike<number>, share: number,
  counts: (row: number) => boolean = () => true,
): number {
  const order = Uint32Array.from({ length: outcomes.length }, (_, i) => i)
    .sort((a, b) => (scores[b] as number) - (scores[a] as number) || a - b);
  const top = order.subarray(0, Math.ceil(order.length * share));
  let [won, arm, lost, others] = [0, 0, 0, 0];
  for (const row of top) {
    if (!counts(row)) continue;
    const value = (outcomes[row] as number) * (values?.[row] ?? 1);
    if (treated[row]) {
      won += value;
      arm += 1;
    } else {
      lost += value;
      others += 1;
    }
  }
  return 1000 * share * (won / arm - lost / others);
}
