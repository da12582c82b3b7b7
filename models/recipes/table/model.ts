import { nameOnly } from '../../../server/explain/describe.ts';
import { pickBackground, PROFILE_FILE, writeProfile } from '../../../server/explain/profile.ts';
import { whyOfTrees } from '../../explain/why-model.ts';
import type { Chosen } from '../../learn/choose.ts';
import type { Evaluation } from '../../learn/evaluate.ts';
import { confusion, costOf, type Costs } from '../../learn/metrics/threshold.ts';
import { featureRows, learnedColumns } from '../../learn/rows.ts';
import type { Examples } from '../../learn/table.ts';
import type { TrainedTable } from '../../learn/train-table.ts';
import { FittedTrees } from '../../learn/trees/fitted.ts';
import type { ModelCard, NewModel } from '../model-folder.ts';

const ROWS_MAX = 256; // in one run
const BACKGROUND = 16; // rows that stand for all

/** What a card says that the training does not know. */
export interface TableModelFacts {
  readonly name: string;
  readonly label: string;
  readonly file: string; // its name, without folders
  readonly sha256: string;
  readonly commit: string;
  readonly madeAt: string;
  readonly seed: number;
  readonly trainSeconds: number;
  readonly costs: Costs;
  readonly notes?: readonly string[]; // of the card, before those of the training
}

/** With models that it is compared with and need not beat. */
export type TableTrained = TrainedTable & { readonly beside: readonly Evaluation[] };

/**
 * The promoted model as files: ONNX, card, what explanations need, and, where it is one ensemble of
 * trees, the model that explains it exactly. The second is to be written after the first.
 */
export function tableModel(
  facts: TableModelFacts, examples: Examples, trained: TableTrained, fitted: Chosen,
): NewModel[] {
  const { name, label } = facts;
  const columns = learnedColumns(examples.table);
  const rows = featureRows(columns, examples.table);
  const card = cardOf(facts, examples, trained, fitted);
  const onnx = fitted.onnx?.();
  if (!onnx) throw new Error(`${fitted.choice} has no ONNX form`); // all of ours have one
  const profile = writeProfile({
    answer: { en: label, zh: label },
    scale: 'probability',
    features: columns.map(({ name: column, kind, categories }) =>
      (kind === 'number' ? nameOnly(column)
        : { ...nameOnly(column), format: 'category', categories })),
    background: pickBackground(rows, fitted.predict(examples.table), columns.length, BACKGROUND),
  });
  const model: NewModel = {
    name,
    config: {
      platform: 'onnxruntime_onnx',
      max_batch_size: ROWS_MAX,
      input: [{ name: 'features', data_type: 'TYPE_FP32', dims: [columns.length] }],
      output: [{ name: 'probability', data_type: 'TYPE_FP32', dims: [1] }],
      parameters: { missing: 'nan' },
    },
    card: { name, what: `Probability that '${label}' is a yes, from a row of a table.`, ...card },
    files: { 'model.onnx': onnx, [PROFILE_FILE]: profile },
  };
  const [alone] = fitted.members;
  const exact = fitted.members.length === 1 && fitted.curve === 'none';
  if (!exact || !(alone instanceof FittedTrees)) return [model];
  return [model, whyOfTrees(name, 'features', alone.trees, card)];
}

function cardOf(
  facts: TableModelFacts, examples: Examples, trained: TableTrained, fitted: Chosen,
): Omit<ModelCard, 'name' | 'what'> {
  const { file, sha256, commit, madeAt, seed, trainSeconds, costs } = facts;
  const { table, labels } = examples;
  const { evaluation, baselines, beside, plan, findings, data } = trained;
  const named = table.columns.filter(({ kind }) => kind === 'category');
  const { low, high } = evaluation.intervals.auc;
  return {
    trainedOn: `${table.rows.toLocaleString('en')} rows of ${file}`,
    madeAt,
    seed,
    trainSeconds,
    held_out_share: 0, // the kept model learned from every row; its scores are of others like it
    data: {
      file,
      sha256,
      examples: data,
      commit,
      rows: table.rows,
      baseRate: labels.reduce((sum, label) => sum + label, 0) / table.rows,
      choice: fitted.choice,
      false_alarm_cost: costs.falseAlarm,
      miss_cost: costs.miss,
    },
    split: plan.how,
    scores: { ...numbersOf(evaluation), aucLow: low, aucHigh: high, ...costsOf(evaluation, costs) },
    baselines: Object.fromEntries([...baselines, ...beside].map((of) => [of.name, numbersOf(of)])),
    features: table.columns.map((column) => column.name),
    categories: Object.fromEntries(named.map((column) => [column.name, column.categories ?? []])),
    notes: [
      ...(facts.notes ?? []),
      ...Object.entries(fitted.losses).map(([each, loss]) =>
        `log loss ${loss.toFixed(4)} on rows held out of all: ${each}`),
      ...findings.map(({ rule, column, evidence }) => `${rule}: ${column ?? ''} ${evidence}`),
      ...evaluation.warnings,
    ],
  };
}

function numbersOf({ scores }: Evaluation): Record<string, number> {
  return { ...scores };
}

/** What a row costs by this model, and by saying no, or yes, to everybody. */
export function costsOf(
  { outOfFold, scores }: Evaluation, costs: Costs,
): { readonly cost: number; readonly costNever: number; readonly costAlways: number } {
  const at = (threshold: number): number =>
    costOf(confusion(outOfFold.scores, outOfFold.labels, threshold), costs);
  return { cost: at(scores.threshold), costNever: at(Infinity), costAlways: at(-Infinity) };
}
