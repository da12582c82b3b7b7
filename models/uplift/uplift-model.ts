import { nameOnly } from '../../server/explain/describe.ts';
import { pickBackground, PROFILE_FILE, writeProfile } from '../../server/explain/profile.ts';
import { featureRows, learnedColumns } from '../learn/rows.ts';
import type { NewModel } from '../recipes/model-folder.ts';
import type { FittedUplift } from './learners.ts';
import type { Trial } from './trial.ts';
import type { UpliftReport } from './uplift-report.ts';

export interface UpliftFacts {
  readonly name: string;
  readonly learner: string;
  readonly trainedOn: string;
  readonly madeAt: string;
  readonly seed: number;
  readonly trainSeconds: number;
}

const ROWS_MAX = 256; // in one run
const BACKGROUND = 16; // rows that stand for all

/** What was learned of the whole trial, to be served: a row of the table to what a coupon adds. */
export function upliftModel(
  { name, learner, ...facts }: UpliftFacts, { table }: Trial, fitted: FittedUplift,
  report: UpliftReport,
): NewModel | null {
  const columns = learnedColumns(table);
  const onnx = fitted.onnx?.(columns.length);
  if (!onnx) return null;
  const scored = report.learners.find((each) => each.name === learner);
  const { probability, rows, treatedShare, effect, byLot } = report;
  return {
    name,
    config: {
      platform: 'onnxruntime_onnx',
      max_batch_size: ROWS_MAX,
      input: [{ name: 'features', data_type: 'TYPE_FP32', dims: [columns.length] }],
      output: [{ name: 'uplift', data_type: 'TYPE_FP32', dims: [1] }],
      parameters: { missing: 'nan' },
    },
    card: {
      name,
      what: `What the treatment adds to the chance of the outcome, -1 to 1; ${learner}.`,
      ...facts, held_out_share: 0.2,
      data: { rows, treatedShare, effect, treatedToldByAuc: byLot.auc },
      split: 'scored in five folds by chance, arms and outcomes alike in each; learned from all rows',
      scores: { qini: scored?.qini ?? 0, upliftAtTop30: scored?.upliftAtTop ?? 0 },
      baselines: { [probability.name]: { qini: probability.qini, upliftAtTop30: probability.upliftAtTop } },
      features: columns.map((column) => column.name),
    },
    files: {
      'model.onnx': onnx,
      [PROFILE_FILE]: writeProfile({
        answer: { en: 'what a coupon adds', zh: '优惠券的增益' },
        scale: 'value',
        features: columns.map(({ name: column, kind, categories }) => (kind === 'number'
          ? nameOnly(column)
          : { ...nameOnly(column), format: 'category' as const, categories })),
        background: pickBackground(
          featureRows(columns, table), fitted.predict(table), columns.length, BACKGROUND),
      }),
    },
  };
}
