import type { Learner } from '../../models/learn/learner.ts';
import { fullScores, type FullScores } from '../../models/learn/metrics/binary-scores.ts';
import type { Splitter } from '../../models/learn/split/plan.ts';
import { takeExamples, type Examples } from '../../models/learn/table.ts';

/** Scores of what each fold's model says of rows it did not learn from, all folds together. */
export function evaluateFolds(learner: Learner, examples: Examples, split: Splitter): FullScores {
  const said: number[] = [];
  const labels: number[] = [];
  split(examples).folds.forEach(({ train, test }, fold) => {
    const scored = takeExamples(examples, test);
    said.push(...learner.fit(takeExamples(examples, train), 1 + fold).predict(scored.table));
    labels.push(...scored.labels);
  });
  return fullScores(said, labels);
}
