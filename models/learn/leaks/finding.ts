import type { Fold, Plan } from '../split/plan.ts';
import type { Examples } from '../table.ts';

/** What the detector looks for. Each is a way to have better scores in training than in the shop. */
export const LEAK_RULES = [
  'after-outcome', // a value that is known only later than the row's moment
  'nearly-label', // one column that all but says the label
  'dominant', // one column that carries the model, and is there only with the outcome
  'target-encoding', // a column of label means that the scored rows are part of
  'copied-rows', // rows on both sides that can only be copies
  'duplicates', // equal rows on both sides
  'made-up-rows', // scored rows that lie between training rows
  'broken-integers', // fractions where there are whole numbers, in one class
  'balanced', // as many rows of each class, to the row
  'time-overlap', // training rows, or their labels, later than scored ones
  'group-overlap', // rows of one group on both sides
  'scaled', // scaled by what scored rows are part of
  'identifier', // a column that names the row
  'shifted', // a column that says something else in scored rows
] as const;
export type LeakRule = (typeof LEAK_RULES)[number];

export function isLeakRule(text: string): text is LeakRule {
  return LEAK_RULES.some((rule) => rule === text);
}

export interface Finding {
  readonly rule: LeakRule;
  /** `fail`: the scores would not be true. `warn`: look at it. */
  readonly severity: 'fail' | 'warn';
  readonly column?: string;
  readonly rows?: readonly number[]; // some of them, as an example
  readonly evidence: string; // with figures
  readonly advice: string;
}

/** What is looked at: rows as they are, how they are divided, and what is known of the columns. */
export interface LeakCase {
  readonly examples: Examples;
  readonly plan: Plan;
  /**
   * When a column's values are known: `before` the row's moment, for certain; only `after` it; or
   * the very times, ms, one a row. A column that is not here is judged by its looks.
   */
  readonly known?: Readonly<Record<string, 'before' | 'after' | Float64Array>>;
  /** When each label was known, ms. */
  readonly outcomeTimes?: Float64Array;
}

/** The fold that learns from the most rows: that of one cut, or of the last window. */
export function largestFold({ folds }: Plan): Fold {
  return folds.reduce((best, fold) => (fold.train.length > best.train.length ? fold : best));
}

/** Rows of each part that are enough to see what a column says. */
const ROWS_SEEN = 40_000;

/** The same fold with fewer rows where it has very many, taken evenly. */
export function fewer({ train, test }: Fold): Pick<Fold, 'train' | 'test'> {
  const thin = (rows: Uint32Array): Uint32Array => {
    const step = rows.length / ROWS_SEEN;
    return step <= 1
      ? rows : Uint32Array.from({ length: ROWS_SEEN }, (_, at) => rows[Math.floor(at * step)] as number);
  };
  return { train: thin(train), test: thin(test) };
}

/** Whether labels are classes, 0 and 1, with rows of both. */
export function isBinary({ labels }: Examples): boolean {
  return labels.every((label) => label === 0 || label === 1) && labels.includes(0) &&
    labels.includes(1);
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.1 && share > 0 ? 1 : 0)} %`;
}
