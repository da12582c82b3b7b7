import type { Column } from '../table.ts';
import { isBinary, largestFold, percent, type Finding, type LeakCase } from './finding.ts';

/** Fractions of one class, in a column whose other rows are whole, that are no accident. */
const FRACTIONS_MIN = 20;
const OF_ONE_CLASS = 0.995;
/** Rows of that class whose value is whole: the ones that fractions were made from. */
const WHOLE_MIN = 20;
const BALANCED_ROWS_MIN = 200;
const SCALED_TO = 1e-6;

/**
 * Fractions in a column of whole numbers that only rows of one class have: counts that somebody
 * averaged. Two such columns fail; one may have a reason.
 */
export function brokenIntegers({ examples }: LeakCase): Finding[] {
  if (!isBinary(examples)) return [];
  const { table, labels } = examples;
  const found = table.columns.flatMap((column) => {
    const broken = fractionsOf(column, labels);
    return broken ? [{ column: column.name, ...broken }] : [];
  });
  const severity = found.length >= 2 ? 'fail' as const : 'warn' as const;
  return found.map(({ column, label, rows }) => ({
    rule: 'broken-integers', severity, column, rows: rows.slice(0, 20),
    evidence: `${rows.length} rows have a fraction where the others have whole numbers, all but ` +
      `none of them with another label than ${label}: made up between rows, as SMOTE does`,
    advice: 'split first: a sampler of the pipeline sees the training part alone',
  }));
}

function fractionsOf(
  { kind, values }: Column, labels: Float64Array,
): { label: number; rows: number[] } | null {
  if (kind !== 'number') return null;
  const rows: number[] = [];
  const fractions = [0, 0];
  const whole = [0, 0];
  values.forEach((value, row) => {
    if (Number.isNaN(value)) return;
    const of = Number.isInteger(value) ? whole : fractions;
    if (of === fractions) rows.push(row);
    of[labels[row] as number] = (of[labels[row] as number] as number) + 1;
  });
  const label = (fractions[1] as number) > (fractions[0] as number) ? 1 : 0;
  if (rows.length < FRACTIONS_MIN || (whole[label] as number) < WHOLE_MIN) return null;
  if ((fractions[label] as number) < OF_ONE_CLASS * rows.length) return null;
  // The other class, were it alike, would have fractions too: its rows are whole, and many.
  const other = whole[1 - label] as number;
  const share = (fractions[label] as number) / ((fractions[label] as number) + (whole[label] as number));
  return other * share >= FRACTIONS_MIN ? { label, rows } : null;
}

/** As many rows of each class, to the row: real outcomes are not. */
export function balancedClasses({ examples }: LeakCase): Finding[] {
  if (!isBinary(examples) || examples.labels.length < BALANCED_ROWS_MIN) return [];
  const rows = examples.labels.length;
  const ones = examples.labels.reduce((sum, label) => sum + label, 0);
  if (Math.abs(rows - 2 * ones) > 1) return [];
  return [{
    rule: 'balanced', severity: 'warn',
    evidence: `${ones} of ${rows} rows have label 1: exactly half`,
    advice: 'rows that were resampled or chosen for balance have another base rate than the shop: ' +
      'split first, and keep the scored rows as they come',
  }];
}

/** Columns that were centred and scaled by all rows, scored ones included. */
export function scaledBefore({ examples, plan }: LeakCase): Finding[] {
  const all = examples.labels.map((_, row) => row);
  const { train } = largestFold(plan);
  const scaled = examples.table.columns.filter(({ kind, values }) =>
    kind === 'number' && isStandard(values, all) && !isStandard(values, train));
  if (scaled.length === 0) return [];
  return [{
    rule: 'scaled', severity: 'warn', column: scaled.map(({ name }) => name).join(', '),
    evidence: 'mean 0 and deviation 1 over all rows, but not over those that teach: scaled before ' +
      'the split',
    advice: 'let the learner scale: it sees the training part alone',
  }];
}

function isStandard(values: Float64Array, rows: ArrayLike<number>): boolean {
  let sum = 0;
  let squares = 0;
  let count = 0;
  for (let at = 0; at < rows.length; at += 1) {
    const value = values[rows[at] as number] as number;
    if (Number.isNaN(value)) continue;
    sum += value;
    squares += value * value;
    count += 1;
  }
  const mean = sum / count;
  const variance = squares / count - mean * mean;
  const unbiased = (variance * count) / (count - 1);
  return Math.abs(mean) < SCALED_TO &&
    Math.min(Math.abs(variance - 1), Math.abs(unbiased - 1)) < SCALED_TO;
}

/** Columns that name their rows: nothing that is learned of them holds for new rows. */
export function identifiers({ examples }: LeakCase): Finding[] {
  return examples.table.columns.flatMap(({ name, kind, values, categories = [] }): Finding[] => {
    const rows = values.filter((value) => !Number.isNaN(value)).length;
    if (kind !== 'category' || rows < 50 || categories.length < 0.9 * rows) return [];
    return [{
      rule: 'identifier', severity: 'warn', column: name,
      evidence: `${categories.length} values in ${rows} rows (${percent(categories.length / rows)})`,
      advice: `leave ${name} out of the columns; if it says whose row it is, give it as the group`,
    }];
  });
}
