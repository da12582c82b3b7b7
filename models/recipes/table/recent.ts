import type { Chosen } from '../../learn/choose.ts';
import { withCurve } from '../../learn/calibration/curve.ts';
import { atOddsTimes, likeliestRate, odds, oddsToRate } from '../../learn/calibration/base-rate.ts';
import { recent, type Recent } from '../../learn/calibration/recent.ts';
import { binaryScores, type BinaryScores } from '../../learn/metrics/binary-scores.ts';
import { atOdds } from '../../learn/sampling/prior.ts';
import { takeExamples, type Examples, type Table } from '../../learn/table.ts';
import type { TrainedTable } from '../../learn/train-table.ts';

export interface RecentOptions {
  readonly share: number; // of the rows that teach: the newest
  readonly seed: number;
}

/** What corrections make of the scored rows. None of them sees a label of those. */
export interface CorrectedScore {
  readonly name: string;
  readonly said: number; // share of ones, as the mean probability has it
  readonly scores: BinaryScores;
}

/**
 * The out-of-fold answers of a training split in time, corrected in each fold by what its own
 * training rows say: recalibrated on the newest of them; the same, moved to their share of ones,
 * where the rows to come are at hand without labels; and by expectation and maximisation on what is
 * said of those.
 */
export function correctedScores(
  { plan, evaluation, pipeline }: TrainedTable, examples: Examples, options: RecentOptions,
): CorrectedScore[] {
  const { scores: said, labels } = evaluation.outOfFold;
  const curved = new Float64Array(said.length);
  const moved = new Float64Array(said.length);
  const likely = new Float64Array(said.length);
  let at = 0;
  for (const { train, test } of plan.folds) {
    const part = takeExamples(examples, train);
    const { curve, rate } = recent(pipeline, part, options);
    const own = said.slice(at, at + test.length);
    const taught = mean(part.labels);
    const onCurve = own.map((p) => curve.at(p));
    curved.set(onCurve, at);
    moved.set(atOddsTimes(onCurve, oddsToRate(onCurve, rate)), at);
    likely.set(atOddsTimes(own, odds(likeliestRate(own, taught)) / odds(taught)), at);
    at += test.length;
  }
  const newest = `recalibrated on the newest ${(100 * options.share).toFixed(0)} % of those that teach`;
  return [
    ['as learned', said], [newest, curved], [`${newest}, and moved to their share of yes`, moved],
    ['moved to the likeliest share of yes (expectation and maximisation)', likely],
  ].map(([name, answers]) => ({
    name: name as string, said: mean(answers as Float64Array),
    scores: binaryScores(answers as Float64Array, labels),
  }));
}

export function correctedLines(scores: readonly CorrectedScore[], happened: number): string[] {
  return scores.map(({ name, said, scores: { auc, logLoss, ece } }) =>
    `${name}: ${(100 * said).toFixed(1)} % yes said, ${(100 * happened).toFixed(1)} % happened, ` +
    `ECE ${ece.toFixed(3)} log loss ${logLoss.toFixed(4)} AUC ${auc.toFixed(3)}`);
}

/**
 * The kept model recalibrated on the newest rows; with rows to come, of which nobody knows the label,
 * its odds are moved besides, so that they have the newest rows' share of ones.
 */
export function recalibrated(
  fitted: Chosen, pipeline: TrainedTable['pipeline'], examples: Examples, options: RecentOptions,
  toCome?: Table,
): { readonly fitted: Chosen; readonly found: Recent } {
  const found = recent(pipeline, examples, options);
  const width = examples.table.columns.length;
  const curved = withCurve(fitted, found.curve, width);
  const last = toCome === undefined ? curved
    : atOdds(curved, 1 / oddsToRate(curved.predict(toCome), found.rate), width);
  const { choice, losses, members } = fitted;
  return { found, fitted: {
    ...last, losses, members, curve: 'Platt',
    choice: `${choice}, recalibrated on the newest ${found.rows} rows` +
      `${toCome ? `, moved to ${(100 * found.rate).toFixed(1)} % yes` : ''}`,
  } };
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
