import type { Interval } from '../learn/metrics/bootstrap.ts';
import { averageEffect } from './qini.ts';
import type { ByLot } from './by-lot.ts';
import { gainPerThousand, qiniDifference, TOP, type UpliftScores } from './compare.ts';
import type { Trial } from './trial.ts';

/** What a trial says, as figures: of everything out of fold. */
export interface UpliftReport {
  readonly rows: number;
  readonly treatedShare: number;
  readonly effect: number; // mean, of the outcome's chance
  readonly byLot: ByLot;
  readonly learners: readonly ScoredLearner[]; // best first: by gain where there are moments, else Qini
  readonly probability: ScoredLearner; // the baseline
  readonly chosen: string;
  /** Qini of the chosen less that of the baseline; null where it was not asked for. */
  readonly better: Interval | null;
  readonly policies: readonly Policy[];
}

export interface ScoredLearner extends Pick<UpliftScores, 'name' | 'qini' | 'upliftAtTop'> {
  /** What the top 30 % by uplift × value add per 1000 customers, each at the best moment if there are any. */
  readonly gain: number;
}

/** Who gets the coupon by some rule, and what that adds per 1000 customers, in money or purchases. */
export interface Policy {
  readonly name: string;
  readonly gains: readonly number[]; // by share of the customers, as in `SHARES`
}

export const SHARES = [0.1, TOP, 0.5, 1] as const;

export function reportUplift(
  trial: Trial, learners: readonly UpliftScores[], probability: UpliftScores, byLot: ByLot,
  { seed, moment }: { readonly seed: number; readonly moment?: string },
): UpliftReport {
  const { outcomes, treated, values } = trial;
  const worth = (scores: Float64Array): Float64Array =>
    scores.map((score, row) => score * (values?.[row] ?? 1));
  const gains = (scores: Float64Array, counts?: (row: number) => boolean): number[] =>
    SHARES.map((share) => gainPerThousand(trial, scores, share, counts));
  const moments = trial.table.columns.find(({ name }) => name === moment)?.values;
  const scored = (each: UpliftScores): UpliftScores & ScoredLearner => {
    const { timed: then, scores } = each;
    return { ...each, gain: gainPerThousand(trial, worth(then?.uplift ?? scores), TOP,
      (row) => !then || moments?.[row] === then.moment[row]) };
  };
  const ranked = learners.map(scored)
    .sort((a, b) => (moments ? b.gain - a.gain : b.qini - a.qini));
  const chosen = ranked[0] as UpliftScores & ScoredLearner;
  const { timed } = chosen;
  const policies: Policy[] = [
    ...(timed ? [{
      name: 'uplift × value at the best moment',
      gains: gains(worth(timed.uplift), (row) => moments?.[row] === timed.moment[row]),
    }] : []),
    { name: 'uplift × value', gains: gains(worth(chosen.scores)) },
    { name: 'uplift', gains: gains(chosen.scores) },
    { name: 'purchase probability × value', gains: gains(worth(probability.scores)) },
    { name: 'purchase probability', gains: gains(probability.scores) },
  ];
  return {
    rows: outcomes.length,
    treatedShare: treated.reduce((sum, arm) => sum + arm, 0) / treated.length,
    effect: averageEffect(outcomes, treated),
    byLot, learners: ranked, probability: scored({ ...probability, timed: null }), chosen: chosen.name, policies,
    better: qiniDifference(trial, chosen.scores, probability.scores, seed),
  };
}

export function upliftText(report: UpliftReport, money: boolean): string {
  const { rows, treatedShare, effect, byLot, learners, probability, better, policies } = report;
  const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
  const line = ({ name, qini, upliftAtTop, gain }: ScoredLearner): string =>
    `  ${name.padEnd(62)} ${qini.toFixed(3).padStart(7)} ${percent(upliftAtTop).padStart(10)} ` +
      gain.toFixed(1).padStart(9);
  const unit = money ? 'money' : 'purchases';
  const best = policies[0] as Policy;
  const usual = policies.find(({ name }) => name === 'purchase probability') as Policy;
  return [
    `${rows.toLocaleString('en')} customers, ${percent(treatedShare)} treated; the treatment adds ` +
      `${(100 * effect).toFixed(2)} points on average`,
    `who was treated can be told by what was known with AUC ${byLot.auc.toFixed(3)} ` +
      `(${byLot.ok ? 'as of a draw by lot' : 'NOT a draw by lot'}; limit ${byLot.limit.toFixed(3)})`,
    '',
    `  ${'out of fold'.padEnd(62)} ${'Qini'.padStart(7)} ${`top ${100 * TOP} %`.padStart(10)}     added`,
    ...learners.map(line), line(probability),
    ...(better ? ['', `  ${report.chosen}: Qini ${signed(better.value)} over purchase probability ` +
      `(95 %: ${signed(better.low)} to ${signed(better.high)})`] : []),
    '',
    `  added ${unit} per 1,000 customers when these are treated:`,
    `  ${'ranked by'.padEnd(36)} ${SHARES.map((share) => `top ${100 * share} %`.padStart(11)).join('')}`,
    ...policies.map(({ name, gains }) =>
      `  ${name.padEnd(36)} ${gains.map((gain) => gain.toFixed(1).padStart(11)).join('')}`),
    '',
    `  ${verdict(best.gains[1] as number, usual.gains[1] as number)}`,
  ].join('\n');
}

/** How much worse it is to send the coupons to those who are likely to buy. */
function verdict(ours: number, usual: number): string {
  const top = `top ${100 * TOP} %`;
  if (ours <= 0) return `No ranking adds anything in the ${top}: do not send.`;
  if (usual <= 0) {
    return `Ranking by purchase probability loses ${(-usual).toFixed(1)} per 1,000 in the ${top}, where ` +
      `this ranking adds ${ours.toFixed(1)}.`;
  }
  const times = ours / usual;
  return times >= 1
    ? `Ranking by purchase probability is ${times.toFixed(1)} times worse in the ${top}.`
    : `Ranking by purchase probability is ${(1 / times).toFixed(1)} times BETTER in the ${top}: use it.`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}
