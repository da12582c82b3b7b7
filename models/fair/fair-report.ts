import { Prng } from '../../server/core/prng.ts';
import { bootstrap, pick, type Interval } from '../learn/metrics/bootstrap.ts';
import { rocAuc } from '../learn/metrics/ranking.ts';
import { shuffled } from '../learn/split/stratified.ts';
import type { Groups } from './groups.ts';
import { type Disparities, disparities, type GroupRates, groupRates } from './metrics.ts';
import { type Constraint, CONSTRAINTS, decide, fairThresholds } from './thresholds.ts';

/** What a model decides for whom, all one a row. */
export interface Scored {
  readonly scores: Float64Array;
  readonly outcomes: Float64Array; // 0 or 1
  readonly groups: Groups;
}

/** How a model treats groups, as a card or a page shows it. Plain data: it is JSON as it is. */
export interface FairReport {
  readonly rows: number;
  readonly threshold: number; // decided for: scores of at least this
  readonly accuracy: number;
  readonly groups: readonly (GroupRates & { readonly name: string; readonly auc: number })[];
  readonly disparities: Readonly<Record<keyof Disparities, Disparity>>;
  readonly mended: readonly Mended[];
  readonly notes: readonly string[];
}

export interface Disparity extends Interval {
  /** What groups of these sizes that are treated alike would show in 95 of 100 draws. */
  readonly byChance: number;
  readonly beyondChance: boolean;
}

/** The same after something was done about it. */
export interface Mended extends Disparities {
  readonly name: string;
  readonly accuracy: number;
}

export interface FairOptions {
  readonly threshold: number;
  readonly seed: number;
  readonly rounds?: number; // of bootstrap and of chance; 200
}

const NAMES = ['demographicParity', 'equalisedOdds', 'equalOpportunity'] as const;

/** `others`: scores of models that were made fairer another way, by name. */
export function reportFairness(
  scored: Scored, { threshold, seed, rounds = 200 }: FairOptions,
  others: ReadonlyMap<string, Float64Array> = new Map(),
): FairReport {
  const { scores, outcomes, groups } = scored;
  const count = groups.names.length;
  const decisions = scores.map((score) => (score >= threshold ? 1 : 0));
  const all = (of: ArrayLike<number>): Disparities => disparities(groupRates(of, outcomes, groups.of, count));
  const chance = byChance(scored, decisions, seed, rounds);
  const intervals = NAMES.map((name): [keyof Disparities, Disparity] => {
    const interval = bootstrap(scores.length, (at) => disparities(groupRates(
      pick(decisions, at), pick(outcomes, at), pick(groups.of, at), count))[name], { seed, rounds });
    return [name, { ...interval, byChance: chance[name], beyondChance: interval.value > chance[name] }];
  });
  const rates = groupRates(decisions, outcomes, groups.of, count);
  return {
    rows: scores.length, threshold, accuracy: accuracy(decisions, outcomes),
    groups: rates.map((group, at) => {
      const rows = Uint32Array.from(Array.from(groups.of.keys()).filter((row) => groups.of[row] === at));
      return { name: groups.names[at] as string, ...group, auc: rocAuc(pick(scores, rows), pick(outcomes, rows)) };
    }),
    disparities: Object.fromEntries(intervals) as FairReport['disparities'],
    mended: [
      ...[...others].map(([name, own]): Mended => {
        const decided = own.map((score) => (score >= threshold ? 1 : 0));
        return { name, accuracy: accuracy(decided, outcomes), ...all(decided) };
      }),
      ...CONSTRAINTS.map((constraint): Mended => {
        const decided = decideHalves(scored, constraint, seed);
        return { name: `thresholds by group: ${constraint.replaceAll('_', ' ')}`,
          accuracy: accuracy(decided, outcomes), ...all(decided) };
      }),
    ],
    notes: groups.notes,
  };
}

/** The 95th of 100 differences when group names are dealt out anew. */
function byChance(
  { outcomes, groups }: Scored, decisions: Float64Array, seed: number, rounds: number,
): Disparities {
  const prng = new Prng(seed);
  const drawn = Array.from({ length: rounds }, () => {
    const order = shuffled(groups.of.length, prng);
    const dealt = Uint32Array.from(order, (row) => groups.of[row] as number);
    return disparities(groupRates(decisions, outcomes, dealt, groups.names.length));
  });
  return Object.fromEntries(NAMES.map((name) => {
    const sorted = drawn.map((each) => each[name]).sort((a, b) => a - b);
    return [name, sorted[Math.floor(0.95 * (rounds - 1))] as number];
  })) as unknown as Disparities;
}

/** Each half is decided by thresholds that were chosen on the other: they are no better than live. */
function decideHalves({ scores, outcomes, groups }: Scored, constraint: Constraint, seed: number): Float64Array {
  const prng = new Prng(seed);
  const count = groups.names.length;
  // Dealt out within group and outcome, so that each half has all of them.
  const order = shuffled(scores.length, prng).sort((a, b) =>
    (groups.of[a] as number) - (groups.of[b] as number) || (outcomes[a] as number) - (outcomes[b] as number));
  const halves = [0, 1].map((half) => Uint32Array.from(order.filter((_, at) => at % 2 === half)));
  const decided = new Float64Array(scores.length);
  halves.forEach((rows, half) => {
    const from = halves[1 - half] as Uint32Array;
    const rules = fairThresholds(
      pick(scores, from), pick(outcomes, from), pick(groups.of, from), count, constraint);
    for (const row of rows) {
      const rule = rules[groups.of[row] as number];
      if (rule) decided[row] = decide(rule, scores[row] as number, prng.float());
    }
  });
  return decided;
}

function accuracy(decisions: ArrayLike<number>, outcomes: Float64Array): number {
  return outcomes.reduce((sum, outcome, row) => sum + Number(outcome === decisions[row]), 0) / outcomes.length;
}

const WORDS: Readonly<Record<keyof Disparities, string>> = {
  demographicParity: 'decided for (demographic parity)',
  equalisedOdds: 'right and wrong yeses (equalised odds)',
  equalOpportunity: 'right yeses (equal opportunity)',
};

export function fairText(report: FairReport): string {
  const share = (value: number): string => (Number.isNaN(value) ? '-' : (100 * value).toFixed(1)).padStart(7);
  const width = Math.max(22, ...report.groups.map(({ name }) => name.length));
  const lines = report.groups.map((group) => `  ${group.name.padEnd(width)} ${String(group.rows).padStart(7)}` +
    [group.base, group.selected, group.truePositive, group.falsePositive, group.accuracy].map(share).join('') +
    (Number.isNaN(group.auc) ? '-' : group.auc.toFixed(3)).padStart(7));
  const gaps = NAMES.map((name) => {
    const { value, low, high, byChance: most, beyondChance } = report.disparities[name];
    return `  ${WORDS[name].padEnd(42)} ${value.toFixed(3)} (95 %: ${low.toFixed(3)} to ${high.toFixed(3)}; by ` +
      `chance up to ${most.toFixed(3)}): ${beyondChance ? 'groups are NOT treated alike' : 'no more than chance'}`;
  });
  const asIs: Mended = {
    name: 'as it is', accuracy: report.accuracy,
    demographicParity: report.disparities.demographicParity.value,
    equalisedOdds: report.disparities.equalisedOdds.value,
    equalOpportunity: report.disparities.equalOpportunity.value,
  };
  const mended = [asIs, ...report.mended].map((each) => `  ${each.name.padEnd(42)}${share(each.accuracy)}` +
    NAMES.map((name) => each[name].toFixed(3).padStart(9)).join(''));
  return [
    `${report.rows.toLocaleString('en')} rows, decided for at ${report.threshold} and above`,
    ...report.notes.map((note) => `note: ${note}`), '',
    `  ${'group'.padEnd(width)}    rows   base%  for%   right% wrong%  acc%    AUC`,
    ...lines, '', '  differences between the groups:', ...gaps, '',
    `  ${'what can be done'.padEnd(42)}  acc%     parity   odds    opportunity`, ...mended,
  ].join('\n');
}
