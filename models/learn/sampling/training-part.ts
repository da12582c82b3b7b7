import type { Prng } from '../../../server/core/prng.ts';
import type { Fitted, Learner } from '../learner.ts';
import type { Fold } from '../split/plan.ts';
import { takeExamples, type Examples } from '../table.ts';
import { TrainingError } from '../training-error.ts';

/**
 * Makes classes more even. It takes a `TrainingPart`, which only a split makes, and gives a
 * `Resampled`, which only a learner can read: so nothing can be resampled before it is split, and
 * nothing resampled can be split or scored.
 */
export interface Sampler {
  readonly name: string; // as a card says it: 'SMOTE to 1 : 1, 5 neighbours'
  resample(part: TrainingPart, prng: Prng): Resampled;
}

/** The rows that one fold learns from, and no other. */
export class TrainingPart {
  readonly #nominal = true;

  private constructor(readonly examples: Examples) {}

  static of(examples: Examples, fold: Fold): TrainingPart {
    return new TrainingPart(takeExamples(examples, fold.train));
  }

  /** For the model that is kept in the end: it learns from every row, and is scored on none. */
  static unscored(examples: Examples): TrainingPart {
    return new TrainingPart(examples);
  }

  /** A training part of this one, and the rows that were held out of it. */
  divide(fold: Fold): { readonly part: TrainingPart; readonly held: Examples } {
    return {
      part: new TrainingPart(takeExamples(this.examples, fold.train)),
      held: takeExamples(this.examples, fold.test),
    };
  }
}

/** Training rows as a sampler left them. */
export class Resampled {
  readonly #examples: Examples;
  /** What the odds of a 1 were multiplied by. */
  readonly oddsBy: number;
  readonly rows: number;

  constructor(part: TrainingPart, examples: Examples) {
    this.#examples = examples;
    this.oddsBy = odds(examples) / odds(part.examples);
    this.rows = examples.labels.length;
  }

  fit(learner: Learner, seed: number, validation?: Examples): Fitted {
    return learner.fit(this.#examples, seed, validation);
  }
}

/** Nothing is done: for comparison. */
export const asIs: Sampler = {
  name: 'as it is',
  resample: (part) => new Resampled(part, part.examples),
};

/** Rows of each class; fails where a label is neither 0 nor 1, or a class has no row. */
export function classes({ labels }: Examples): { readonly few: number[]; readonly many: number[] } {
  const rows: [number[], number[]] = [[], []];
  labels.forEach((label, row) => {
    if (label !== 0 && label !== 1) throw new TrainingError(`label ${label} is neither 0 nor 1`);
    rows[label].push(row);
  });
  if (rows[0].length === 0 || rows[1].length === 0) {
    throw new TrainingError('one class has no rows to learn from');
  }
  return rows[1].length <= rows[0].length
    ? { few: rows[1], many: rows[0] }
    : { few: rows[0], many: rows[1] };
}

function odds({ labels, weights }: Examples): number {
  let ones = 0;
  let zeros = 0;
  labels.forEach((label, row) => {
    const weight = weights?.[row] ?? 1;
    if (label === 1) ones += weight;
    else zeros += weight;
  });
  return ones / zeros;
}
