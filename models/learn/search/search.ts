import { Prng } from '../../../server/core/prng.ts';
import type { Report } from '../../recipes/report.ts';
import { TrainingError } from '../training-error.ts';
import { Journal } from './journal.ts';
import { checkSpace, type Point, type Space } from './space.ts';
import type { Strategy, Trial } from './strategy.ts';

/** Loss of a point, lower is better, with a share 0..1 of the rounds, rows or epochs of a trial. */
export type Objective<S extends Space> =
  (point: Point<S>, budget: number) => number | Promise<number>;

export interface SearchOptions {
  readonly seed: number;
  /** A file of the trials: a search that was broken off goes on from it. */
  readonly journal?: string;
  /** Tells journals of different data apart. */
  readonly about?: string;
  readonly report?: Report;
}

export interface Found<S extends Space> {
  readonly point: Point<S>;
  readonly loss: number;
  readonly trials: readonly Trial[];
  readonly resumed: number; // trials that were read and not run
}

/**
 * Searches `space` for the point with the lowest loss among those that had all of the budget. Trials
 * that throw `TrainingError` or give no number lose. Fails where no trial gave one.
 */
export async function search<S extends Space>(
  space: S, strategy: Strategy, objective: Objective<S>, options: SearchOptions,
): Promise<Found<S>> {
  checkSpace(space);
  const { seed, about = '', report } = options;
  const journal = options.journal === undefined
    ? null
    : new Journal(options.journal, { strategy: strategy.name, seed, space, about });
  const known = journal?.trials ?? [];
  const trials: Trial[] = [];
  let best: Trial | null = null;
  try {
    await strategy.run(space, new Prng(seed), async (point, budget = 1) => {
      const told = known[trials.length];
      if (told && !same(told, point, budget)) {
        throw new TrainingError('the journal has other trials than this search makes');
      }
      const trial = told ?? { point, budget, loss: await lossOf(objective, point as Point<S>, budget) };
      if (!told) journal?.append(trial);
      trials.push(trial);
      if (better(trial, best)) {
        best = trial;
        report?.line(`trial ${trials.length} of ${strategy.trials}: ${say(trial)}`);
      }
      report?.step(`trial ${trials.length} of ${strategy.trials}`, trials.length / strategy.trials);
      return trial.loss;
    });
  } finally {
    journal?.close();
  }
  const found = best as Trial | null;
  if (!found || found.loss === Infinity) throw new TrainingError('no trial of the search gave a loss');
  const resumed = Math.min(known.length, trials.length);
  return { point: found.point as Point<S>, loss: found.loss, trials, resumed };
}

async function lossOf<S extends Space>(
  objective: Objective<S>, point: Point<S>, budget: number,
): Promise<number> {
  try {
    const loss = await objective(point, budget);
    return Number.isNaN(loss) ? Infinity : loss;
  } catch (error) {
    if (error instanceof TrainingError) return Infinity;
    throw error;
  }
}

/** A loss with more of the budget counts more than any with less. */
function better(trial: Trial, best: Trial | null): boolean {
  if (!best || trial.budget > best.budget) return true;
  return trial.budget === best.budget && trial.loss < best.loss;
}

function same(told: Trial, point: Point, budget: number): boolean {
  return told.budget === budget && JSON.stringify(told.point) === JSON.stringify(point);
}

function say({ point, budget, loss }: Trial): string {
  const settings = Object.entries(point).map(([name, value]) =>
    `${name} ${typeof value === 'number' ? Number(value.toPrecision(4)) : String(value)}`);
  const part = budget < 1 ? ` with ${(100 * budget).toPrecision(2)} % of the budget` : '';
  return `${loss.toPrecision(5)}${part}: ${settings.join(', ')}`;
}
