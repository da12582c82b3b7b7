import type { Strategy } from './search/strategy.ts';
import type { Point, Space } from './search/space.ts';
import { holdOut } from './split/default.ts';
import type { Splitter } from './split/plan.ts';
import { boostedTrees } from './trees/boosting.ts';
import type { Tuning } from './tune.ts';
import type { Pipeline } from './fit-within.ts';

/** What makes boosted trees better or worse, and how far it is looked. */
export const TREES_SPACE = {
  rate: { kind: 'float', min: 0.02, max: 0.3, log: true },
  leaves: { kind: 'int', min: 4, max: 63, log: true },
  leafRows: { kind: 'int', min: 5, max: 200, log: true },
  l2: { kind: 'float', min: 0.1, max: 50, log: true },
  rowShare: { kind: 'float', min: 0.5, max: 1 },
  columnShare: { kind: 'float', min: 0.3, max: 1 },
} as const satisfies Space;

/** Trees at most; fewer where rows held out say so. */
const TREES_MAX = 600;

export interface TreesTuning {
  readonly strategy: Strategy;
  /** Divides training rows: held-out ones score a trial, and again within it, stop it early. */
  readonly split: Splitter;
  /** What goes with the trees in the pipeline: a sampler, a calibrator. */
  readonly with?: Omit<Pipeline, 'learner' | 'inner'>;
}

/** A search for boosted trees. A trial with less of the budget may have so many fewer trees. */
export function treesTuning({ strategy, split, with: besides }: TreesTuning): Tuning<typeof TREES_SPACE> {
  return {
    space: TREES_SPACE,
    strategy,
    split: holdOut(split),
    make: (point, budget) => ({
      ...besides,
      learner: boostedTrees({ ...rounded(point), trees: Math.max(1, Math.round(TREES_MAX * budget)) }),
      inner: holdOut(split),
    }),
  };
}

/** Three digits are as good, and a card can be read. */
function rounded(point: Point<typeof TREES_SPACE>): Point<typeof TREES_SPACE> {
  const entries = Object.entries(point).map(([name, value]) => [name, Number(value.toPrecision(3))]);
  return Object.fromEntries(entries) as Point<typeof TREES_SPACE>;
}
