import type { Report } from '../recipes/report.ts';
import { silentReport } from '../recipes/report.ts';
import { baseRate, bestColumn } from './baselines.ts';
import { evaluate, type Evaluation } from './evaluate.ts';
import { fingerprint } from './fingerprint.ts';
import { fitAll, type Pipeline } from './fit-within.ts';
import { findLeaks, refuseLeaks, sayFinding } from './leaks/detect.ts';
import { isBinary, type Finding, type LeakCase, type LeakRule } from './leaks/finding.ts';
import type { Fitted, Learner } from './learner.ts';
import { promote, sayVerdict, type Verdict } from './promote.ts';
import type { Found } from './search/search.ts';
import type { Space } from './search/space.ts';
import { defaultSplit } from './split/default.ts';
import type { Plan, Splitter } from './split/plan.ts';
import { takeExamples, type Examples } from './table.ts';
import { TrainingError } from './training-error.ts';
import { kept, tune, type Tuning } from './tune.ts';

/** What a training of a table of 0 and 1 is told. */
export interface TableTraining<S extends Space = Space> {
  readonly examples: Examples;
  readonly seed: number;
  /** How rows are scored; without it in time, by group or in stratified folds, as they have it. */
  readonly split?: Splitter;
  readonly known?: LeakCase['known'];
  readonly outcomeTimes?: Float64Array;
  /** Findings of these rules warn and do not end the run. */
  readonly allow?: readonly LeakRule[];
  /** What is learned; with a search, what its point makes. */
  readonly learn: Pipeline | Tuning<S>;
  /** Besides the base rate and the best single column: what the shop does without a model. */
  readonly rules?: readonly Learner[];
  readonly threshold?: number; // of F1 and its kin
  /** A file for the searches; those within folds add `.fold-1` and so on. */
  readonly journal?: string;
  readonly report?: Report;
}

export type TrainedTable<S extends Space = Space> = {
  readonly data: string; // fingerprint
  readonly plan: Plan;
  readonly findings: readonly Finding[]; // those that only warn
  readonly evaluation: Evaluation;
  readonly baselines: readonly Evaluation[];
  readonly pipeline: Pipeline; // of the kept model
  readonly found?: Found<S>; // the search on all rows
  readonly verdict: Verdict;
} & (
  | { readonly fitted: Fitted } // learned from all rows
  | { readonly fitted: null } // not promoted
);

/**
 * A training from leaks to verdict: look for leaks, split, search within each fold's training rows,
 * fit, calibrate, score on rows that nothing was chosen on, compare with the baselines, and only then
 * learn from all rows. Fails where a leak ends it.
 */
export async function trainTable<S extends Space>(
  training: TableTraining<S>,
): Promise<TrainedTable<S>> {
  const { examples, seed, report = silentReport, learn, threshold } = training;
  if (!isBinary(examples)) throw new TrainingError('labels are 0 and 1, and there are rows of both');
  const plan = (training.split ?? defaultSplit({ seed }))(examples);
  report.line(`split ${plan.how}`);
  const findings = leaksOf(training, plan);
  for (const finding of findings) report.line(`look at ${sayFinding(finding)}`);

  const pipelines = await pipelinesOf(training, plan);
  const options = { seed, report, ...(threshold !== undefined && { threshold }) };
  const evaluation = evaluate((fold) => pipelines[fold] as Pipeline, examples, plan, options);
  for (const warning of evaluation.warnings) report.line(`look at ${warning}`);
  const baselines = [baseRate, bestColumn, ...(training.rules ?? [])].map((learner) =>
    evaluate({ learner }, examples, plan, { ...options, report: silentReport }));
  const verdict = promote(evaluation, baselines, seed);
  for (const line of sayVerdict(verdict)) report.line(line);

  const found = isTuning(learn) && verdict.promoted ? await tune(learn, examples, training) : undefined;
  const pipeline = found ? kept(learn as Tuning<S>, found.point) : (pipelines[0] as Pipeline);
  return {
    data: fingerprint(examples), plan, findings, evaluation, baselines, pipeline, verdict,
    ...(found && { found }),
    fitted: verdict.promoted ? fitAll(pipeline, examples, seed) : null,
  };
}

function leaksOf<S extends Space>(
  { examples, known, outcomeTimes, allow }: TableTraining<S>, plan: Plan,
): Finding[] {
  const findings = findLeaks({
    examples, plan, ...(known && { known }), ...(outcomeTimes && { outcomeTimes }),
  }, allow);
  refuseLeaks(findings);
  return findings;
}

/** What is learned in each fold: the same, or what a search finds in the fold's training rows. */
async function pipelinesOf<S extends Space>(
  training: TableTraining<S>, plan: Plan,
): Promise<Pipeline[]> {
  const { examples, learn, seed, journal, report = silentReport } = training;
  if (!isTuning(learn)) return plan.folds.map(() => learn);
  const pipelines: Pipeline[] = [];
  for (const [at, { train }] of plan.folds.entries()) {
    report.line(`fold ${at + 1} of ${plan.folds.length}: ${learn.strategy.name}`);
    const found = await tune(learn, takeExamples(examples, train), {
      seed: seed + at, report, ...(journal !== undefined && { journal: `${journal}.fold-${at + 1}` }),
    });
    pipelines.push(kept(learn, found.point));
  }
  return pipelines;
}

function isTuning<S extends Space>(learn: Pipeline | Tuning<S>): learn is Tuning<S> {
  return 'strategy' in learn;
}
