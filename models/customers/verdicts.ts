import { bootstrapPair } from '../learn/paired.ts';
import type { Segments } from './segments/segments.ts';
import { STABLE } from './segments/choose-k.ts';
import type { TimingScores } from './timing-scores.ts';
import { VALUE_RULE, type ValueScores } from './value/scores.ts';

/** Whether a model of customers is worth serving: `reasons` against it, none where it is. */
export interface Verdict {
  readonly reasons: readonly string[];
  readonly notes: readonly string[]; // what it was held against, for its card
}

/** What everybody has: a model is surely better than each of these, or is not served. */
const CHANCES_RULE = 'regularity rule'; // the one that gives chances
const RULES = ['recency alone', 'frequency alone', CHANCES_RULE] as const;
const ROUNDS = 200; // of the bootstrap over customers

/**
 * Surely better than every rule: the whole 95 % interval of a difference, by a paired bootstrap over
 * customers, is on the right side, of the AUC or, of a rule that gives chances, of the log loss, and
 * neither is surely worse. Surely better than the base rate in log loss. Not surely worse in AUC than a
 * purchase-counting distribution: those are models too, and where purchases follow one, nothing ranks
 * better.
 */
export function judgeChances(name: string, { said, labels }: TimingScores, seed: number): Verdict {
  const chances = said.get(name) as Float64Array;
  const truth = Float64Array.from(labels);
  const draws = { seed, rounds: ROUNDS };
  const reasons: string[] = [];
  const notes: string[] = [];
  const against = (other: string, kind: 'auc' | 'logLoss', score: Float64Array): Difference => {
    const sign = kind === 'auc' ? 1 : -1;
    const found = bootstrapPair(kind, chances, score, truth, draws);
    const [better, worse] = sign > 0 ? [found.low, found.high] : [-found.high, -found.low];
    const told = `${kind === 'auc' ? 'AUC' : 'log loss'} ${signed(found.difference)} ` +
      `(${signed(found.low)} to ${signed(found.high)}) to ${other}`;
    notes.push(told);
    return { told, better: better > 0, worse: worse < 0 };
  };
  for (const [other, score] of said) {
    const rule = (RULES as readonly string[]).includes(other);
    if (!rule && !other.includes('BG/')) continue;
    const differences = [against(other, 'auc', score)];
    if (other === CHANCES_RULE) differences.push(against(other, 'logLoss', score));
    const worse = differences.filter((difference) => difference.worse);
    const told = (list: readonly Difference[]): string => list.map((one) => one.told).join(', ');
    if (worse.length > 0) reasons.push(`surely worse: ${told(worse)}`);
    else if (rule && !differences.some(({ better }) => better)) {
      reasons.push(`not surely better: ${told(differences)}`);
    }
  }
  const rate = truth.reduce((sum, label) => sum + label, 0) / truth.length;
  const { told, better } = against('the base rate', 'logLoss', truth.map(() => rate));
  if (!better) reasons.push(`not surely better: ${told}`);
  return { reasons, notes };
}

interface Difference {
  readonly told: string;
  readonly better: boolean; // surely
  readonly worse: boolean; // surely
}

/** As `judgeChances`, by the Gini of the ranking: the rule is what was spent a day. */
export function judgeValue(name: string, { said, spent }: ValueScores, seed: number): Verdict {
  const reasons: string[] = [];
  const notes: string[] = [];
  for (const [other, score] of said) {
    const rule = other === VALUE_RULE;
    if (other === name || (!rule && !other.includes('BG/'))) continue;
    const { difference, low, high } = bootstrapPair(
      'gini', said.get(name) as Float64Array, score, spent, { seed, rounds: ROUNDS });
    const told = `Gini ${signed(difference)} (${signed(low)} to ${signed(high)}) to ${other}`;
    notes.push(told);
    if (rule && !(low > 0)) reasons.push(`not surely better: ${told}`);
    if (!rule && high < 0) reasons.push(`surely worse: ${told}`);
  }
  return { reasons, notes };
}

/** Segments that another draw of the same customers would not find again are none. */
export function judgeSegments({ chosen: { stability } }: Segments): Verdict {
  const told = `adjusted Rand ${stability.toFixed(2)} between bootstrap samples, ${STABLE} is asked`;
  return stability >= STABLE
    ? { reasons: [], notes: [told] }
    : { reasons: [`no number of segments is stable: ${told}`], notes: [told] };
}

function signed(value: number): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(4)}`;
}
