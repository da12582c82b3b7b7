import { Prng } from '../../../server/core/prng.ts';
import type { Fitted, Learner } from '../learner.ts';
import { takeExamples } from '../table.ts';
import { TrainingError } from '../training-error.ts';
import { blended } from './members.ts';

/** The mean of what several learners say, by `weights`, which are made to add up to 1. */
export function averaging(learners: readonly Learner[], weights?: readonly number[]): Learner {
  const shares = sharesOf(learners.length, weights);
  return {
    name: `mean of ${learners.map(({ name }) => name).join(' and ')}`,
    divides: learners.some(({ divides }) => divides),
    fit: (examples, seed, validation) => averageOf(
      learners.map((learner, at) => learner.fit(examples, seed + at, validation)),
      shares, examples.table.columns.length),
  };
}

/**
 * The mean of one learner run with several seeds; with `draw`, each on as many rows drawn with
 * repetition (bagging: Breiman, Machine Learning 24, 1996).
 */
export function bagging(learner: Learner, runs: number, { draw = false } = {}): Learner {
  if (!Number.isInteger(runs) || runs < 1) throw new TrainingError(`${runs} runs`);
  return {
    name: `${runs} runs of ${learner.name}${draw ? ', each on drawn rows' : ''}`,
    divides: learner.divides ?? false,
    fit(examples, seed, validation) {
      const prng = new Prng(seed);
      const fitted = Array.from({ length: runs }, () => {
        const own = prng.uint32();
        const rows = examples.labels.map((_, row) => (draw ? prng.below(examples.labels.length) : row));
        return learner.fit(draw ? takeExamples(examples, rows) : examples, own, validation);
      });
      return averageOf(fitted, sharesOf(runs), examples.table.columns.length);
    },
  };
}

/** The weighted mean of fitted models that learned from the same `width` columns. */
export function averageOf(
  members: readonly Fitted[], shares: readonly number[], width: number,
): Fitted {
  return blended(members, (table) => {
    const sum = new Float64Array(table.rows);
    members.forEach((member, at) => {
      const share = shares[at] as number;
      member.predict(table).forEach((value, row) => (sum[row] = (sum[row] as number) + share * value));
    });
    return sum;
  }, width, (graph, answers) => answers
    .map((answer, at) => graph.node('Mul', [answer, constant(graph, shares[at] as number)], {},
      graph.fresh('part')))
    .reduce((sum, part) => graph.node('Add', [sum, part], {}, graph.fresh('mean'))));
}

export function constant(graph: Parameters<NonNullable<Fitted['graph']>>[0], value: number): string {
  return graph.scalar(graph.fresh('number'), value);
}

function sharesOf(count: number, weights: readonly number[] = new Array(count).fill(1)): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  if (count === 0 || weights.length !== count || !weights.every((of) => of >= 0) || !(sum > 0)) {
    throw new TrainingError(`weights ${weights.join(', ')} for ${count} learners`);
  }
  return weights.map((weight) => weight / sum);
}
