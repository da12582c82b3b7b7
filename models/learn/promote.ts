import assert from 'node:assert/strict';
import { fullScores } from './metrics/binary-scores.ts';
import { bootstrapPair, bootstrapScore, type PairedInterval } from './paired.ts';

/** A model or baseline, by what it said of rows that it did not learn from: an `Evaluation` is one. */
export interface Contender {
  readonly name: string;
  readonly outOfFold: {
    readonly scores: Float64Array; // probabilities
    readonly labels: Float64Array; // 0 and 1
    readonly groups?: Uint32Array; // whose rows they are: drawn together
    readonly rows?: Uint32Array; // which they are, if that is known: the same for all
  };
  readonly scores?: { readonly threshold: number }; // of F1; .5
}

/** How a model compares with one that everybody has. */
export interface Comparison {
  readonly baseline: string;
  readonly auc: PairedInterval; // model minus baseline: above 0 is better
  readonly logLoss: PairedInterval; // below 0 is better
}

/** Whether a model is worth serving. */
export type Verdict = {
  readonly comparisons: readonly Comparison[];
  readonly lines: readonly string[]; // the model and its baselines, one table
} & (
  | { readonly promoted: true }
  | { readonly promoted: false; readonly reasons: readonly string[] } // one at least
);

/** What a training command ends with: 1 is a failure, 2 a wrong use. */
export const EXIT_PROMOTED = 0;
export const EXIT_NOT_PROMOTED = 3;

/**
 * A model is promoted if it surely ranks better than every baseline, and its probabilities are surely
 * better than the base rate's: the whole 95 % interval of the difference, by a paired bootstrap over
 * rows (or groups), is on the right side. All contenders are of the same rows in the same order.
 */
export function promote(
  model: Contender, baselines: readonly Contender[], seed: number,
): Verdict {
  assert.ok(baselines.length > 0, 'a model without baselines is not judged');
  const { scores, labels, groups, rows } = model.outOfFold;
  const options = { seed, ...(groups && { groups }) };
  const comparisons = baselines.map(({ name, outOfFold }): Comparison => {
    assert.deepEqual(outOfFold.rows, rows, `${name} was scored on other rows`);
    assert.deepEqual(outOfFold.labels, labels, `${name} was scored on other labels`);
    return {
      baseline: name,
      auc: bootstrapPair('auc', scores, outOfFold.scores, labels, options),
      logLoss: bootstrapPair('logLoss', scores, outOfFold.scores, labels, options),
    };
  });
  const reasons = [
    ...comparisons.filter(({ auc }) => !(auc.low > 0)).map(({ baseline, auc }) =>
      `AUC ${auc.with.toFixed(3)} is not surely above ${auc.without.toFixed(3)} of ${baseline}: the ` +
      `difference is ${signed(auc.low)} to ${signed(auc.high)}`),
    ...comparisons.filter(({ baseline, logLoss }) => baseline === 'base rate' && !(logLoss.high < 0))
      .map(({ logLoss }) => `log loss ${logLoss.with.toFixed(4)} is not surely below ` +
        `${logLoss.without.toFixed(4)} of the base rate: the difference is ` +
        `${signed(logLoss.low, 4)} to ${signed(logLoss.high, 4)}`),
  ];
  const lines = tableOf([model, ...baselines], comparisons, options);
  return reasons.length === 0
    ? { promoted: true, comparisons, lines }
    : { promoted: false, reasons, comparisons, lines };
}

export function exitCodeOf({ promoted }: Verdict): number {
  return promoted ? EXIT_PROMOTED : EXIT_NOT_PROMOTED;
}

/** What is said at the end: the table, and whether the model is promoted, or why not. */
export function sayVerdict(verdict: Verdict): string[] {
  const said = verdict.promoted
    ? ['promoted: surely better than every baseline']
    : verdict.reasons.map((reason) => `not promoted: ${reason}`);
  return [...verdict.lines, ...said];
}

function tableOf(
  contenders: readonly Contender[], comparisons: readonly Comparison[],
  options: Parameters<typeof bootstrapScore>[3],
): string[] {
  const width = Math.max(...contenders.map(({ name }) => name.length));
  const head = `${''.padEnd(width)}  AUC    95 %         PR-AUC  log loss  Brier  ECE    ` +
    'accuracy  precision  recall  F1     lift 10 %  model is above by';
  return [head, ...contenders.map(({ name, outOfFold, scores }, at) => {
    const of = fullScores(outOfFold.scores, outOfFold.labels, scores?.threshold);
    const { low, high } = bootstrapScore('auc', outOfFold.scores, outOfFold.labels, options);
    const above = comparisons[at - 1]?.auc;
    return [
      name.padEnd(width), of.auc.toFixed(3), `${low.toFixed(3)}-${high.toFixed(3)}`,
      of.prAuc.toFixed(3).padEnd(6), of.logLoss.toFixed(4).padEnd(8), of.brier.toFixed(3),
      of.ece.toFixed(3), of.accuracy.toFixed(3).padEnd(8), of.precision.toFixed(3).padEnd(9),
      of.recall.toFixed(3).padEnd(6), of.f1.toFixed(3), of.lift10.toFixed(2).padEnd(9),
      above ? `${signed(above.low)} to ${signed(above.high)}` : '',
    ].join('  ').trimEnd();
  })];
}

function signed(value: number, digits = 3): string {
  return `${value < 0 ? '-' : '+'}${Math.abs(value).toFixed(digits)}`;
}
