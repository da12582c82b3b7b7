import { choosing, type Chosen } from '../../learn/choose.ts';
import type { Learner } from '../../learn/learner.ts';
import { linear } from '../../learn/linear/linear.ts';
import type { Sampler } from '../../learn/sampling/training-part.ts';
import { eachTime } from '../../learn/split/each-time.ts';
import { forward } from '../../learn/split/forward.ts';
import { grouped } from '../../learn/split/grouped.ts';
import type { Splitter } from '../../learn/split/plan.ts';
import { stratified } from '../../learn/split/stratified.ts';
import type { Examples } from '../../learn/table.ts';
import { boostedTrees, type BoostingSettings } from '../../learn/trees/boosting.ts';
import { forest } from '../../learn/trees/forest.ts';

const INNER_FOLDS = 2; // to choose in: the choice is among few, and costs a fit each
const WINDOWS = 4; // where rows have times
const FIRST_SHARE = 0.25; // of the rows: before the first window
const TIMES_FEW = 12; // each is a window then

const FLATTER = 0.6; // leaves of the second boosted trees, of those of the first

export interface Choosing {
  /** One ensemble of trees and no curve after it, whose reasons TreeSHAP tells exactly. */
  readonly single?: boolean;
  /** Makes classes more even while learning, for rare ones that trees pass over; odds are put back. */
  readonly sampler?: Sampler;
  /** Of the boosted trees: found by a search. */
  readonly boosting?: BoostingSettings & { readonly leaves: number };
}

/**
 * What a table of some thousand rows is learned with: small trees boosted slowly, deeper and flatter
 * ones, a random forest, extra-trees, a logistic regression, and means of unlike ones, which err in
 * unlike ways. Which of them is chosen in the training rows; rows with times choose forward in time.
 */
export function bestTrees(seed: number, { single, sampler, boosting: found }: Choosing = {}): Learner<Chosen> {
  const boosting = { trees: 150, rate: 0.08, columnShare: 0.5, rowShare: 0.8, oneHot: true,
    categoryL2: 0, ...found };
  const leaves = found?.leaves ?? 8;
  const learners = [
    boostedTrees({ ...boosting, leaves }),
    boostedTrees({ ...boosting, leaves: Math.max(2, Math.ceil(leaves * FLATTER)) }),
    forest({ trees: 100, leafRows: 8 }),
    forest({ trees: 60, leafRows: 8, kind: 'extra' }),
    ...(single ? [] : [regression]),
  ];
  const sampled = sampler ? { sampler, keepOdds: true } : {};
  return choosing({
    members: learners.map((learner) => ({ learner, ...sampled })),
    means: single ? [] : [[0, 2], [1, 2], [0, 2, 3], [1, 2, 3], [1, 4]],
    split: (part) => innerSplit(part, seed)(part),
    curves: !single,
  });
}

/** In time where rows have times, whatever part of them a fold leaves to learn from. */
export function innerSplit({ times, groups }: Examples, seed: number): Splitter {
  const distinct = new Set(times).size;
  if (distinct > TIMES_FEW) return forward({ folds: WINDOWS, firstShare: FIRST_SHARE });
  if (distinct > 1) return eachTime({ firstShare: FIRST_SHARE });
  return (groups ? grouped : stratified)({ folds: INNER_FOLDS, seed });
}

/** What everybody has: it is among those to choose from, and trees alone must surely beat it. */
export const regression: Learner = linear();
