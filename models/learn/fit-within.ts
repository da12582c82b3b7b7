import { Prng } from '../../server/core/prng.ts';
import type { Fitted, Learner } from './learner.ts';
import { atOdds } from './sampling/prior.ts';
import { asIs, TrainingPart, type Sampler } from './sampling/training-part.ts';
import type { Fold, Splitter } from './split/plan.ts';
import type { Examples } from './table.ts';
import { TrainingError } from './training-error.ts';

/** What is learned from a training part, in order: hold out, resample, fit, calibrate. */
export interface Pipeline {
  readonly learner: Learner;
  readonly sampler?: Sampler;
  /** Holds rows of the training part out (its first fold): they stop early, and calibrate. */
  readonly inner?: Splitter;
  /** Fitted on held-out rows that were not resampled. Needs `inner`. */
  readonly calibrator?: Calibrator;
  /** Undoes in the probabilities what the sampler did to the odds; false where it is not said. */
  readonly keepOdds?: boolean;
}

/** Makes a fitted model's probabilities come true. */
export interface Calibrator {
  readonly name: string;
  calibrate(fitted: Fitted, held: Examples): Fitted;
}

/** Learns from the training part of a fold, and from nothing else. */
export function fitWithin(
  pipeline: Pipeline, examples: Examples, fold: Fold, seed: number,
): Fitted {
  return fitPart(pipeline, TrainingPart.of(examples, fold), seed);
}

/** Learns from every row, for the model that is kept. Its scores are those of the folds. */
export function fitAll(pipeline: Pipeline, examples: Examples, seed: number): Fitted {
  return fitPart(pipeline, TrainingPart.unscored(examples), seed);
}

export function describe({ learner, sampler, calibrator }: Pipeline): string {
  return [learner.name, sampler?.name, calibrator?.name].filter((name) => name).join(', ');
}

function fitPart(pipeline: Pipeline, whole: TrainingPart, seed: number): Fitted {
  const { learner, sampler = asIs, inner, calibrator } = pipeline;
  if (learner.divides && sampler !== asIs) {
    throw new TrainingError(`${learner.name} splits its rows, and they may not be resampled before: ` +
      'give the sampler to its members');
  }
  const fold = inner?.(whole.examples).folds[0];
  const { part, held } = fold ? whole.divide(fold) : { part: whole, held: undefined };
  const resampled = sampler.resample(part, new Prng(seed));
  const width = whole.examples.table.columns.length;
  const raw = resampled.fit(learner, seed, held);
  const fitted = pipeline.keepOdds ? atOdds(raw, resampled.oddsBy, width) : raw;
  return calibrator && held ? calibrator.calibrate(fitted, held) : fitted;
}
