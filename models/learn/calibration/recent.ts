import { fitAll, type Pipeline } from '../fit-within.ts';
import { stratified } from '../split/stratified.ts';
import { timesOf } from '../split/plan.ts';
import { takeExamples, weightsOf, type Examples } from '../table.ts';
import { TrainingError } from '../training-error.ts';
import type { Curve } from './curve.ts';
import { plattCurve } from './log-curve.ts';

/** What the newest of the rows that teach say of those to come. */
export interface Recent {
  readonly rows: number;
  readonly rate: number; // of ones among them
  /** Makes what a model of all rows says come true on the newest. */
  readonly curve: Curve;
}

const FOLDS = 3; // each costs a fit
const LEAST = 100; // rows, with ten of either label: fewer fit a line of two numbers too freely

/** Rows of the newest whole times that are at least this share of all. */
export function newestRows(examples: Examples, share: number): Uint32Array {
  const times = timesOf(examples);
  const sorted = Float64Array.from(times).sort();
  const least = Math.min(sorted.length, Math.max(1, Math.ceil(share * sorted.length)));
  const from = sorted[sorted.length - least] as number;
  return Uint32Array.from(times.keys()).filter((row) => (times[row] as number) >= from);
}

/**
 * Platt's curve of the newest rows, each asked of a model that learned from all but it and others
 * like it: they are held out in turn, so the kept model still learns from them. Where the world has
 * moved, the newest rows are the most like what comes; a curve of all rows is that of the mean month.
 */
export function recent(
  pipeline: Pipeline, examples: Examples, { share, seed }: { share: number; seed: number },
): Recent {
  const newest = newestRows(examples, share);
  const ones = newest.filter((row) => examples.labels[row] === 1).length;
  if (newest.length < LEAST || Math.min(ones, newest.length - ones) < LEAST / 10) {
    throw new TrainingError(`the newest ${newest.length} rows have ${ones} ones: too few to ` +
      `recalibrate on; ${LEAST} rows and ${LEAST / 10} of either label are needed`);
  }
  const { times: _, ...own } = takeExamples(examples, newest); // of one time, as far as this goes
  const { folds } = stratified({ folds: FOLDS, seed })(own);
  const said = new Float64Array(newest.length);
  folds.forEach(({ test }) => {
    const held = new Uint8Array(examples.labels.length);
    for (const at of test) held[newest[at] as number] = 1;
    const others = Uint32Array.from(held.keys()).filter((row) => held[row] === 0);
    const fitted = fitAll(pipeline, takeExamples(examples, others), seed);
    fitted.predict(takeExamples(own, test).table).forEach((p, i) => { said[test[i] as number] = p; });
  });
  return {
    rows: newest.length, rate: ones / newest.length,
    curve: plattCurve(said, own.labels, weightsOf(own)),
  };
}
