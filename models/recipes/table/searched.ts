import { namedSearch } from '../../learn/search/named.ts';
import type { Point, Space } from '../../learn/search/space.ts';
import { holdOut } from '../../learn/split/default.ts';
import { TREES_SPACE } from '../../learn/tune-trees.ts';
import type { Tuning } from '../../learn/tune.ts';
import { boostedTrees } from '../../learn/trees/boosting.ts';
import { bestTrees, innerSplit, type Choosing } from './candidates.ts';

/** Nothing stops the kept trees early, so their number is a setting as well. */
const SPACE = {
  trees: { kind: 'int', min: 50, max: 400, log: true }, ...TREES_SPACE,
} as const satisfies Space;

/**
 * `bestTrees` with boosting settings that a search found, by its name (`tpe:40`). A trial is boosted
 * trees alone: whatever else is chosen among does not depend on their settings.
 */
export function searchedTrees(name: string, seed: number, choosing: Choosing): Tuning<typeof SPACE> {
  return {
    space: SPACE,
    strategy: namedSearch(name, SPACE),
    split: (rows) => holdOut(innerSplit(rows, seed))(rows),
    make: (point, budget) => ({
      learner: boostedTrees(settings(point, budget)),
      ...(choosing.sampler && { sampler: choosing.sampler, keepOdds: true }),
    }),
    keep: (point) => ({ learner: bestTrees(seed, { ...choosing, boosting: settings(point, 1) }) }),
  };
}

/** Three digits are as good, and a card can be read. */
function settings(point: Point<typeof SPACE>, budget: number): Point<typeof SPACE> {
  const entries = Object.entries(point).map(([name, value]) => [name, Number(value.toPrecision(3))]);
  const rounded = Object.fromEntries(entries) as Point<typeof SPACE>;
  return { ...rounded, trees: Math.max(1, Math.round(rounded.trees * budget)) };
}
