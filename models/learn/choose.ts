import { plattCurve, betaCurve } from './calibration/log-curve.ts';
import { withCurve, type CurveFit } from './calibration/curve.ts';
import { describe, fitAll, type Pipeline } from './fit-within.ts';
import type { Fitted, Learner } from './learner.ts';
import { logLoss } from './metrics/probability.ts';
import type { Splitter } from './split/plan.ts';
import { averageOf } from './stack/average.ts';
import { takeExamples, weightsOf, type Examples } from './table.ts';

export interface Choice {
  /** What is tried alone, each with its own sampler: nothing resampled may come in. */
  readonly members: readonly Pipeline[];
  /** What is tried besides: means of members, by their places. */
  readonly means?: readonly (readonly number[])[];
  /** Divides the rows that it learns from; each member is asked about rows it did not learn from. */
  readonly split: Splitter;
  readonly curves?: boolean; // whether a calibration curve may be taken; true
}

/** What was chosen, and by which figures. */
export interface Chosen extends Fitted {
  readonly choice: string; // 'mean of boosted trees … and random forest …, Platt'
  readonly losses: Readonly<Record<string, number>>; // log loss of each on rows held out
  /** The members that it is a mean of, fitted on all rows, before any curve. */
  readonly members: readonly Fitted[];
  readonly curve: CurveName;
}

type CurveName = 'none' | 'Platt' | 'beta';
const CURVES: Readonly<Record<Exclude<CurveName, 'none'>, CurveFit>> = {
  Platt: (...data) => plattCurve(...data),
  beta: (...data) => betaCurve(...data),
};
/** A curve must lower the log loss by this share of it: on few rows one always seems to, a little. */
const CURVE_GAIN = 0.002;

/**
 * A learner that chooses: every member, and every mean of them, is scored by log loss on rows of the
 * training part that were held out in turn; the best learns from all of the part. Then a calibration
 * curve is taken if it lowers that loss on rows it was not fitted on. Whoever scores it on other rows
 * has honest scores: nothing was chosen on those.
 */
export function choosing({ members, means = [], split, curves = true }: Choice): Learner<Chosen> {
  const candidates = [...members.map((_, at) => [at]), ...means];
  const nameOf = (of: readonly number[]): string => of.length === 1
    ? describe(members[of[0] as number] as Pipeline)
    : `mean of ${of.map((at) => describe(members[at] as Pipeline)).join(' and ')}`;
  return {
    name: `best of ${candidates.length}`,
    divides: true,
    fit(examples, seed) {
      const held = outOfFold(members, split, examples, seed);
      const said = candidates.map((of) => meanOf(of.map((at) => held.said[at] as Float64Array)));
      const losses = said.map((answers) => logLoss(answers, held.labels));
      const best = losses.indexOf(Math.min(...losses));
      const of = candidates[best] as readonly number[];

      const fitted = of.map((at) => fitAll(members[at] as Pipeline, examples, seed + at));
      const width = examples.table.columns.length;
      const mean = fitted.length === 1
        ? fitted[0] as Fitted : averageOf(fitted, fitted.map(() => 1 / fitted.length), width);
      const answers = said[best] as Float64Array;
      const curve = curves ? bestCurve(answers, held.labels, held.weights) : 'none';
      const curved = curve === 'none'
        ? mean : withCurve(mean, CURVES[curve](answers, held.labels, held.weights), width);
      return {
        predict: (table) => curved.predict(table),
        ...(curved.onnx && { onnx: () => (curved.onnx as () => Uint8Array)() }),
        ...(curved.graph && { graph: curved.graph.bind(curved) }),
        choice: `${nameOf(of)}${curve === 'none' ? '' : `, ${curve}`}`,
        losses: Object.fromEntries(candidates.map((each, at) => [nameOf(each), losses[at] as number])),
        members: fitted,
        curve,
      };
    },
  };
}

interface Held {
  readonly said: readonly Float64Array[]; // a member each, of the same rows
  readonly labels: Float64Array;
  readonly weights: Float64Array;
}

function outOfFold(
  members: readonly Pipeline[], split: Splitter, examples: Examples, seed: number,
): Held {
  const { folds } = split(examples);
  const rows = folds.flatMap(({ test }) => [...test]);
  const said = members.map((member, at) => Float64Array.from(folds.flatMap(({ train, test }) => {
    const fitted = fitAll(member, takeExamples(examples, train), seed + at);
    return [...fitted.predict(takeExamples(examples, test).table)];
  })));
  const weights = weightsOf(examples);
  return {
    said,
    labels: Float64Array.from(rows, (row) => examples.labels[row] as number),
    weights: Float64Array.from(rows, (row) => weights[row] as number),
  };
}

function meanOf(said: readonly Float64Array[]): Float64Array {
  return (said[0] as Float64Array).map((_, row) =>
    said.reduce((sum, of) => sum + (of[row] as number), 0) / said.length);
}

/** By log loss on every other row, fitted on those between. */
function bestCurve(said: Float64Array, labels: Float64Array, weights: Float64Array): CurveName {
  let best: CurveName = 'none';
  let least = logLoss(said, labels) * (1 - CURVE_GAIN);
  for (const [name, fit] of Object.entries(CURVES) as [Exclude<CurveName, 'none'>, CurveFit][]) {
    const curved = new Float64Array(said.length);
    for (const side of [0, 1]) {
      const of = (list: Float64Array, same: boolean): Float64Array =>
        list.filter((_, row) => (row % 2 === side) === same);
      const curve = fit(of(said, true), of(labels, true), of(weights, true));
      said.forEach((p, row) => { if (row % 2 !== side) curved[row] = curve.at(p); });
    }
    const loss = logLoss(curved, labels);
    if (loss < least) [best, least] = [name, loss];
  }
  return best;
}
