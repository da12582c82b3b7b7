import type { Experiment, Metric } from './definition.ts';
import { difference, type Estimate, mean, type Sums } from './mean-sequence.ts';
import type { ArmTally, Votes } from './tally.ts';

/** What a comparison is made of: a run, or what a simulation counts. */
export interface Counted {
  readonly definition: Pick<Experiment, 'kind' | 'arms' | 'metric' | 'alpha' | 'horizon'>;
  readonly arms: readonly Pick<ArmTally, 'sums'>[];
  readonly votes: Pick<Votes, 'sums' | 'counts'>;
  readonly unitCount: number;
}

/** One arm beside the control, at this moment. */
export interface Comparison {
  readonly arm: string;
  readonly control: string;
  readonly estimate: Estimate | null; // null: too little has come to say anything
  readonly verdict: Verdict;
}

/** `better` and `worse` are said of the arm; `open`: its bounds hold no difference as well. */
export type Verdict = 'better' | 'worse' | 'open';

/** Units of both arms that did it at least once, before anything is said: a rarer sum is not normal. */
export const CONVERTED_MIN = 20;

/** Of alpha: the rest is for what is normal only in the long run. */
export const ALPHA_USED = 0.9;

/**
 * Every arm but the control, each with its part of `alpha` (Bonferroni), so that all bounds hold at all
 * times together. Of interleaved lists the value is the mean vote, -1 to 1, over all visitors. Pure.
 */
export function compare(counted: Counted, metric = counted.definition.metric): Comparison[] {
  const { definition: { kind, arms, alpha, horizon }, votes, unitCount } = counted;
  const [control, ...others] = arms.map(({ name }) => name);
  if (control === undefined || kind === 'explore') return [];
  const look = { alpha: ALPHA_USED * alpha / Math.max(1, others.length), horizon };
  return others.map((arm, i) => {
    const { first, second } = votes.counts;
    const estimate = kind === 'interleave'
      ? first + second < CONVERTED_MIN ? null : mean(votes.sums(unitCount), look)
      : between(counted, i + 1, metric, look);
    return { arm, control, estimate, verdict: verdictOf(estimate) };
  });
}

function between(
  { arms }: Counted, at: number, metric: Metric, look: { alpha: number; horizon: number },
): Estimate | null {
  const sums = (arm: number, of: Metric): Sums => (arms[arm] as Counted['arms'][number]).sums(of);
  const did = metric === 'revenue' ? 'purchase' : metric;
  if (sums(0, did).sum + sums(at, did).sum < CONVERTED_MIN) return null;
  return difference(sums(0, metric), sums(at, metric), look);
}

function verdictOf(estimate: Estimate | null): Verdict {
  if (!estimate) return 'open';
  if (estimate.low > 0) return 'better';
  return estimate.high < 0 ? 'worse' : 'open';
}
