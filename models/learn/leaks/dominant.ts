import type { Column, Examples } from '../table.ts';
import { fewer, isBinary, largestFold, percent, type Finding, type LeakCase } from './finding.ts';
import { alike, aucTogether, oddsOf, type ColumnOdds } from './odds.ts';

/** A column that alone ranks this well is the label under another name. */
const NEARLY_AUC = 0.97;
/** Of the skill (AUC above .5) that all columns have together: what one alone has, */
const ALONE_SHARE = 0.6;
/** and what is lost without it and those that say the same. */
const LOST_SHARE = 0.2;
/** Share of one class at the column's most frequent value (0, missing), */
const SPIKE_SHARE = 0.8;
/** and at most this share of the other. */
const SPIKE_OTHER = 0.35;
/** Scored rows of each class below which nothing is said. */
const ROWS_MIN = 30;

/**
 * Columns that know too much. `nearly-label`: one that alone says the label. `dominant`: one without
 * which the model is a poor one, and which nearly all rows of one class have not got (it is 0, or
 * missing) while most of the other have. That is what a value looks like which is made from the
 * outcome; it is also what a basket looks like. Only who knows the column can tell, so it fails
 * until the column is declared as known before.
 */
export function tooGood({ examples, plan, known = {} }: LeakCase): Finding[] {
  if (!isBinary(examples)) return [];
  const fold = fewer(largestFold(plan));
  const labels = Float64Array.from(fold.test, (row) => examples.labels[row] as number);
  const ones = labels.reduce((sum, label) => sum + label, 0);
  if (Math.min(ones, labels.length - ones) < ROWS_MIN) return [];
  const all = oddsOf(examples, fold);
  const together = aucTogether(all, labels);
  return all.flatMap((column) => {
    if (known[column.column.name] === 'before') return [];
    const without = () => aucTogether(all, labels, alike(all, column));
    return nearly(column) ?? dominant(column, examples, together, without);
  });
}

function nearly({ column, auc }: ColumnOdds): Finding[] | null {
  if (auc < NEARLY_AUC) return null;
  return [{
    rule: 'nearly-label', severity: 'fail', column: column.name,
    evidence: `alone it ranks scored rows with an AUC of ${auc.toFixed(3)}`,
    advice: advice(column),
  }];
}

function dominant(
  { column, auc }: ColumnOdds, examples: Examples, together: number, leave: () => number,
): Finding[] {
  const skill = Math.max(together, auc) - 0.5; // columns that repeat each other mislead the sum
  const alone = (auc - 0.5) / skill;
  if (skill <= 0.1 || alone < ALONE_SHARE) return [];
  const without = leave();
  if ((Math.max(together, auc) - without) / skill < LOST_SHARE) return [];
  const spike = spikeOf(column, examples.labels);
  if (!spike) return [];
  return [{
    rule: 'dominant', severity: 'fail', column: column.name,
    evidence: `alone it has ${percent(alone)} of the skill of all columns (AUC ${auc.toFixed(3)}; ` +
      `${together.toFixed(3)} together, ${without.toFixed(3)} without it), and it is ${spike.value} in ` +
      `${percent(spike.within)} of the rows with label ${spike.label} but in ` +
      `${percent(spike.other)} of the others: as if made from the outcome`,
    advice: advice(column),
  }];
}

function advice({ name }: Column): string {
  return `leave ${name} out (--drop ${name}), and report scores without it; if it is known at the ` +
    `moment of the prediction for certain, declare it so (--before ${name})`;
}

/** The most frequent value, if nearly all of one class have it and the other mostly has not. */
function spikeOf(
  { values, categories }: Column, labels: Float64Array,
): { value: string; label: number; within: number; other: number } | null {
  const counts = new Map<number, [number, number]>();
  const classes: [number, number] = [0, 0];
  values.forEach((value, row) => {
    const label = labels[row] as 0 | 1;
    const count = counts.get(value) ?? [0, 0];
    count[label] += 1;
    classes[label] += 1;
    counts.set(value, count);
  });
  const [value, count] = [...counts].reduce((best, next) =>
    (next[1][0] + next[1][1] > best[1][0] + best[1][1] ? next : best));
  for (const label of [0, 1] as const) {
    const within = count[label] / classes[label];
    const other = count[label === 0 ? 1 : 0] / classes[label === 0 ? 1 : 0];
    if (within < SPIKE_SHARE || other > SPIKE_OTHER) continue;
    const text = Number.isNaN(value) ? 'missing' : (categories?.[value] ?? String(value));
    return { value: text, label, within, other };
  }
  return null;
}
