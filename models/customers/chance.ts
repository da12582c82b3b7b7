import { type FittedLinear, linear } from '../learn/linear/linear.ts';
import { boostedTrees } from '../learn/trees/boosting.ts';
import type { FittedTrees } from '../learn/trees/fitted.ts';
import type { HazardSamples } from './hazard/samples.ts';
import { windowExamples } from './horizon.ts';
import type { PurchaseLog } from './purchases.ts';

/** Who buys within a window, by a regression and by trees over the features. */
export type Chance = readonly [FittedLinear, FittedTrees];

/** Settings of the two, chosen on earlier landmarks of both public logs. */
const LINEAR = linear({ l2: 10 });
const TREES = boostedTrees({
  trees: 250, leaves: 8, rate: 0.03, leafRows: 100, l2: 5, rowShare: 0.5, columnShare: 0.3,
});

/** Learned from samples whose windows of `days` had ended. */
export function fitChance(
  log: PurchaseLog, samples: HazardSamples, days: number, seed: number,
): Chance {
  const examples = windowExamples(log, samples, days);
  return [LINEAR.fit(examples, seed) as FittedLinear, TREES.fit(examples, seed) as FittedTrees];
}
