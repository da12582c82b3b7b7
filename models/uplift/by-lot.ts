import { rocAuc } from '../learn/metrics/ranking.ts';
import type { Learner } from '../learn/learner.ts';
import { stratified } from '../learn/split/stratified.ts';
import { takeExamples } from '../learn/table.ts';
import type { Trial } from './trial.ts';

/** Whether the arms look as if they had been drawn by lot. */
export interface ByLot {
  readonly auc: number; // of telling who was treated by what was known before; .5 is a lot
  readonly limit: number; // above it, they were not
  readonly ok: boolean;
}

const MARGIN = 0.02; // of AUC that is let pass: it moves an effect by little
const DEVIATIONS = 4; // of the AUC of a true lot, which one trial in 30,000 goes beyond

/**
 * Tells the arms apart by the table, out of fold. Where that works, those who were treated are other
 * people than those who were not, and the difference of the arms is not the treatment's doing.
 */
export function drawnByLot({ table, treated }: Trial, learner: Learner, seed: number): ByLot {
  const labels = Float64Array.from(treated);
  const examples = { table, labels };
  const scores = new Float64Array(labels.length);
  for (const { train, test } of stratified({ folds: 3, seed })(examples).folds) {
    const fitted = learner.fit(takeExamples(examples, train), seed);
    fitted.predict(takeExamples(examples, test).table).forEach((score, at) => {
      scores[test[at] as number] = score;
    });
  }
  const auc = rocAuc(scores, labels);
  const ones = labels.reduce((sum, label) => sum + label, 0);
  const zeros = labels.length - ones;
  const deviation = Math.sqrt((ones + zeros + 1) / (12 * ones * zeros)); // of Mann-Whitney's U, no skill
  const limit = 0.5 + Math.max(MARGIN, DEVIATIONS * deviation);
  return { auc, limit, ok: auc <= limit };
}
