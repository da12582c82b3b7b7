import { Prng } from '../../server/core/prng.ts';
import type { Report } from '../recipes/report.ts';
import { describe, fitWithin, type Pipeline } from './fit-within.ts';
import { fullScores, type FullScores } from './metrics/binary-scores.ts';
import { calibrationError } from './metrics/calibration-error.ts';
import { rocAuc } from './metrics/ranking.ts';
import { bootstrapScore, type PairedScore, type ScoreInterval } from './paired.ts';
import { judgeSampling, type SamplingVerdict } from './sampling/verdict.ts';
import type { Plan } from './split/plan.ts';
import { takeExamples, type Examples } from './table.ts';

/** What was said of rows by models that did not learn from them. All arrays are of the same rows. */
export interface OutOfFold {
  readonly rows: Uint32Array; // of the examples, fold after fold
  readonly scores: Float64Array;
  readonly labels: Float64Array;
  readonly groups?: Uint32Array;
  readonly foldAucs: readonly number[]; // NaN where a fold has one label only
  readonly taughtAucs: readonly number[]; // of each fold's model on the rows that taught it
}

/** How good a pipeline is on a plan. */
export interface Evaluation {
  readonly name: string;
  readonly outOfFold: OutOfFold;
  readonly scores: FullScores; // of all scored rows together
  /** 95 %. That of ECE lies higher than ECE: a draw is less even than the rows. */
  readonly intervals: Readonly<Record<Exclude<PairedScore, 'gini'>, ScoreInterval>>;
  readonly foldAuc: { readonly mean: number; readonly deviation: number };
  readonly sampling?: SamplingVerdict; // of a pipeline with a sampler: against one without
  readonly warnings: readonly string[];
}

export interface EvaluateOptions {
  readonly seed: number;
  readonly threshold?: number; // of accuracy, precision, recall and F1; .5
  readonly report?: Report;
}

/** AUC on the rows that taught less that on scored ones: beyond this the model learned them by heart. */
const HEART = 0.1;
/** ECE beyond which probabilities are not to be taken at their word, */
const ECE_HIGH = 0.05;
/** if true ones would hardly ever have it: draws of labels, all of which must have less. */
const TRUE_DRAWS = 40;

/**
 * Cross-validates a pipeline. `pipeline` may differ between folds (a search within each). Labels are
 * 0 and 1. A sampler is judged by a second run without it.
 */
export function evaluate(
  pipeline: Pipeline | ((fold: number) => Pipeline), examples: Examples, plan: Plan,
  options: EvaluateOptions,
): Evaluation {
  const { seed, threshold = 0.5, report } = options;
  const of = typeof pipeline === 'function' ? pipeline : () => pipeline;
  const name = describe(of(0));
  const found = outOfFold(of, examples, plan, seed, report);
  const { scores, labels, groups } = found;
  const interval = (score: PairedScore) =>
    bootstrapScore(score, scores, labels, { seed, ...(groups && { groups }) });
  const full = fullScores(scores, labels, threshold);
  const sampling = samplingOf(of, found, examples, plan, seed, report);
  return {
    name,
    outOfFold: found,
    scores: full,
    intervals: { auc: interval('auc'), logLoss: interval('logLoss'), ece: interval('ece') },
    foldAuc: spread(found.foldAucs),
    ...(sampling && { sampling }),
    warnings: [
      ...plan.warnings, ...byHeart(found),
      ...notTrue(found, full.ece, seed),
      ...(sampling?.warnings ?? []),
    ],
  };
}

/** Fits the pipeline in each fold, and asks it about the rows that are scored there. */
export function outOfFold(
  pipeline: (fold: number) => Pipeline, examples: Examples, plan: Plan, seed: number,
  report?: Report,
): OutOfFold {
  const parts = plan.folds.map((fold, at) => {
    report?.step(`fold ${at + 1} of ${plan.folds.length}`, at / plan.folds.length);
    const fitted = fitWithin(pipeline(at), examples, fold, seed + at);
    const [taught, asked] = [fold.train, fold.test].map((rows) => takeExamples(examples, rows)) as
      [Examples, Examples];
    const scores = fitted.predict(asked.table);
    return {
      scores,
      auc: rocAuc(scores, asked.labels),
      taught: rocAuc(fitted.predict(taught.table), taught.labels),
    };
  });
  const rows = Uint32Array.from(plan.folds.flatMap(({ test }) => [...test]));
  return {
    rows,
    scores: Float64Array.from(parts.flatMap(({ scores }) => [...scores])),
    labels: Float64Array.from(rows, (row) => examples.labels[row] as number),
    ...(examples.groups && { groups: rows.map((row) => examples.groups?.[row] as number) }),
    foldAucs: parts.map(({ auc }) => auc),
    taughtAucs: parts.map(({ taught }) => taught),
  };
}

/** The same pipelines without their samplers, on the same folds; undefined where there are none. */
function samplingOf(
  pipeline: (fold: number) => Pipeline, found: OutOfFold, examples: Examples, plan: Plan,
  seed: number, report: Report | undefined,
): SamplingVerdict | undefined {
  const { sampler } = pipeline(0);
  if (!sampler) return undefined;
  const without = (fold: number): Pipeline => {
    const { sampler: _, keepOdds: __, ...rest } = pipeline(fold);
    return rest;
  };
  const plain = outOfFold(without, examples, plan, seed, report);
  return judgeSampling(sampler.name, found.scores, plain.scores, found.labels, seed);
}

function byHeart({ foldAucs, taughtAucs }: OutOfFold): string[] {
  const gaps = taughtAucs.map((taught, at) => taught - (foldAucs[at] as number));
  const gap = spread(gaps).mean;
  if (!(gap > HEART)) return [];
  return [`learned its rows by heart: AUC ${spread(taughtAucs).mean.toFixed(3)} on them, ` +
    `${spread(foldAucs).mean.toFixed(3)} on others; regularise it, or stop it earlier`];
}

/** ECE of few rows is never 0: it is held against that of labels drawn from the probabilities. */
function notTrue({ scores }: OutOfFold, ece: number, seed: number): string[] {
  if (ece <= ECE_HIGH) return [];
  const prng = new Prng(seed);
  for (let draw = 0; draw < TRUE_DRAWS; draw += 1) {
    if (calibrationError(scores, scores.map((p) => (prng.float() < p ? 1 : 0))) >= ece) return [];
  }
  return [`probabilities are off by ${ece.toFixed(3)} on average (ECE): calibrate`];
}

function spread(values: readonly number[]): { mean: number; deviation: number } {
  const known = values.filter((value) => !Number.isNaN(value));
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length;
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / known.length) };
}
