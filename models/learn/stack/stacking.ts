import { describe, fitAll, fitWithin, type Pipeline } from '../fit-within.ts';
import type { Learner } from '../learner.ts';
import type { Splitter } from '../split/plan.ts';
import { takeRows, type Examples } from '../table.ts';
import { TrainingError } from '../training-error.ts';
import { constant } from './average.ts';
import { blendOf, CLIP, fitBlend, type LogitBlend } from './logit-blend.ts';
import { blended } from './members.ts';

export interface Stacking {
  /** Members, each with its own sampler and calibration: nothing resampled may come in. */
  readonly members: readonly Pipeline[];
  /** Divides the rows it learns from; every member is asked about rows that it did not learn from. */
  readonly split: Splitter;
  readonly l2?: number; // of the blend; 1
}

/**
 * Stacking (Wolpert, Neural Networks 5, 1992): a logistic regression learns from out-of-fold
 * answers how far to trust each member; then the members learn from all rows.
 */
export function stacking({ members, split, l2 = 1 }: Stacking): Learner<StackedFitted> {
  if (members.length === 0) throw new TrainingError('a stack of no learners');
  return {
    name: `stack of ${members.map(describe).join(' and ')}`,
    divides: true,
    fit(examples, seed) {
      const { answers, labels, weights } = outOfFold(members, split, examples, seed);
      const blend = fitBlend(answers, labels, weights, l2);
      const fitted = members.map((member) => fitAll(member, examples, seed));
      return {
        blend,
        ...blended(fitted, (table) => {
          const said = fitted.map((member) => member.predict(table));
          return Float64Array.from({ length: table.rows }, (_, row) =>
            blendOf(blend, said.map((of) => of[row] as number)));
        }, examples.table.columns.length, (graph, values) => {
          const parts = values.map((value, at) => {
            const clipped = graph.node('Clip', [value, constant(graph, CLIP), constant(graph, 1 - CLIP)],
              {}, graph.fresh('clipped'));
            const rest = graph.node('Sub', [constant(graph, 1), clipped], {}, graph.fresh('rest'));
            const odds = graph.node('Div', [clipped, rest], {}, graph.fresh('odds'));
            const logit = graph.node('Log', [odds], {}, graph.fresh('logit'));
            const weight = constant(graph, blend.weights[at] as number);
            return graph.node('Mul', [logit, weight], {}, graph.fresh('part'));
          });
          const sum = [...parts, constant(graph, blend.shift)]
            .reduce((all, part) => graph.node('Add', [all, part], {}, graph.fresh('sum')));
          return graph.node('Sigmoid', [sum], {}, graph.fresh('chance'));
        }),
      };
    },
  };
}

export interface StackedFitted extends ReturnType<typeof blended> {
  readonly blend: LogitBlend; // a weight a member, 0 where it is not trusted
}

/** What each member says of the rows that its fold did not learn from, in one order of rows. */
function outOfFold(
  members: readonly Pipeline[], split: Splitter, examples: Examples, seed: number,
): { answers: Float64Array[]; labels: Float64Array; weights?: Float64Array } {
  const { folds } = split(examples);
  const rows = folds.flatMap(({ test }) => [...test]);
  const answers = members.map((member) => Float64Array.from(folds.flatMap((fold, at) => {
    const fitted = fitWithin(member, examples, fold, seed + at);
    return [...fitted.predict(takeRows(examples.table, fold.test))];
  })));
  const of = (values: Float64Array) => Float64Array.from(rows, (row) => values[row] as number);
  return {
    answers,
    labels: of(examples.labels),
    ...(examples.weights && { weights: of(examples.weights) }),
  };
}
