import type { Examples } from '../table.ts';
import { eachTime } from './each-time.ts';
import { forward } from './forward.ts';
import { grouped } from './grouped.ts';
import type { Plan, Splitter } from './plan.ts';
import { stratified } from './stratified.ts';
import { byTime } from './time.ts';

export interface DefaultSplit {
  readonly seed: number;
  readonly folds?: number; // 5; 1 is one cut
  readonly embargoMs?: number; // as of `byTime`
  readonly testShare?: number; // of one cut: 0.2
}

/** Times for each window, at least: fewer (months, landmarks) are windows themselves. */
const TIMES_A_FOLD = 3;

/** What nobody has to ask for: in time where rows have times, by group where they have groups. */
export function defaultSplit(options: DefaultSplit): Splitter {
  const { seed, folds = 5, embargoMs = 0, testShare = 0.2 } = options;
  return (examples) => {
    if (hasOrder(examples)) {
      if (folds === 1) return byTime({ testShare, embargoMs })(examples);
      const distinct = new Set(examples.times).size;
      const chain = distinct > TIMES_A_FOLD * folds
        ? forward({ folds, embargoMs }) : eachTime({ firstShare: 1 / (folds + 1), embargoMs });
      return chain(examples);
    }
    const count = folds === 1 ? Math.max(2, Math.round(1 / testShare)) : folds;
    const plan = (examples.groups ? grouped : stratified)({ folds: count, seed })(examples);
    return folds === 1 ? first(plan) : plan;
  };
}

/** The first fold alone: a hold-out. */
export function holdOut(splitter: Splitter): Splitter {
  return (examples) => first(splitter(examples));
}

function first(plan: Plan): Plan {
  return { ...plan, how: `${plan.how}; the first alone`, folds: plan.folds.slice(0, 1) };
}

function hasOrder({ times }: Examples): boolean {
  return times !== undefined && times.some((time) => time !== times[0]);
}
