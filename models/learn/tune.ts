import type { Report } from '../recipes/report.ts';
import { fingerprint } from './fingerprint.ts';
import { fitWithin, type Pipeline } from './fit-within.ts';
import { logLoss } from './metrics/probability.ts';
import { search, type Found } from './search/search.ts';
import type { Point, Space } from './search/space.ts';
import type { Strategy } from './search/strategy.ts';
import type { Splitter } from './split/plan.ts';
import { takeExamples, type Examples } from './table.ts';

/** Settings that are to be found. */
export interface Tuning<S extends Space = Space> {
  readonly space: S;
  /** The pipeline at a point, with a share 0..1 of its rounds, for strategies that cut trials short. */
  readonly make: (point: Point<S>, budget: number) => Pipeline;
  /** What is learned with the found settings, where it is more than a trial: `make(point, 1)`. */
  readonly keep?: (point: Point<S>) => Pipeline;
  readonly strategy: Strategy;
  /** Divides the training rows: a trial's loss is of the rows held out, fold after fold. */
  readonly split: Splitter;
}

export interface TuneOptions {
  readonly seed: number;
  readonly journal?: string; // as of `search`
  readonly report?: Report;
}

/** The point with the least log loss on held-out rows of `examples`. */
export function tune<S extends Space>(
  { space, make, strategy, split }: Tuning<S>, examples: Examples,
  { seed, journal, report }: TuneOptions,
): Promise<Found<S>> {
  const { folds, how } = split(examples);
  const loss = (point: Point<S>, budget: number): number => {
    const pipeline = make(point, budget);
    const losses = folds.map((fold, at) => {
      const held = takeExamples(examples, fold.test);
      const fitted = fitWithin(pipeline, examples, fold, seed + at);
      return held.labels.length * logLoss(fitted.predict(held.table), held.labels);
    });
    const rows = folds.reduce((sum, { test }) => sum + test.length, 0);
    return losses.reduce((sum, value) => sum + value, 0) / rows;
  };
  const about = `${fingerprint(examples)}, ${how}`;
  return search(space, strategy, loss, {
    seed, about, ...(journal !== undefined && { journal }), ...(report && { report }),
  });
}

/** What is learned with the settings that were found. */
export function kept<S extends Space>({ make, keep }: Tuning<S>, point: Point<S>): Pipeline {
  return keep?.(point) ?? make(point, 1);
}
