import type { Table } from '../table.ts';
import { percent, type Finding, type LeakCase } from './finding.ts';

/** Share of the scored rows that may be copies before the run fails, */
const COPIES_SHARE = 0.005;
/** and their number. */
const COPIES_MIN = 5;

/**
 * Equal rows, label and all, on both sides of the split. Rows of a few coarse values meet by chance;
 * a row is a copy where one of its values is found in no row but its equals. Copies fail (rows were
 * repeated, and then split), other duplicates are told.
 */
export function duplicates({ examples, plan }: LeakCase): Finding[] {
  const { table, labels } = examples;
  const keys = keysOf(table, labels);
  const copied = copiesOf(table, keys);
  const scored = new Set<number>();
  const equal: number[] = [];
  const copies: number[] = [];
  for (const { train, test } of plan.folds) {
    const taught = new Set(Array.from(train, (row) => keys[row] as string));
    for (const row of test) {
      scored.add(row);
      if (!taught.has(keys[row] as string)) continue;
      (copied.has(keys[row] as string) ? copies : equal).push(row);
    }
  }
  const findings: Finding[] = [];
  if (copies.length < COPIES_MIN || copies.length <= COPIES_SHARE * scored.size) {
    equal.push(...copies); // so few may be alike by chance
  } else {
    findings.push({
      rule: 'copied-rows', severity: 'fail', rows: copies.slice(0, 20),
      evidence: `${copies.length} scored rows (${percent(copies.length / scored.size)}) are copies of ` +
        `training rows: equal, with a value that no other row has` + ofClass(copies, labels),
      advice: 'split first, then repeat rows of the training part (a sampler of the pipeline does)',
    });
  }
  if (equal.length > 0) {
    findings.push({
      rule: 'duplicates', severity: 'warn', rows: equal.slice(0, 20),
      evidence: `${equal.length} scored rows (${percent(equal.length / scored.size)}) equal a ` +
        'training row',
      advice: 'expected of coarse columns; if rows name events, look whether some are logged twice',
    });
  }
  return findings;
}

/** A text for each row that is equal where rows are, label and all. */
export function keysOf(table: Table, labels: Float64Array): string[] {
  return Array.from(labels, (label, row) =>
    table.columns.reduce((key, { values }) => `${key} ${values[row] as number}`, String(label)));
}

/** Keys of rows that have a number which only their equals have. */
function copiesOf(table: Table, keys: readonly string[]): Set<string> {
  const times = new Map<string, number>();
  for (const key of keys) times.set(key, (times.get(key) ?? 0) + 1);
  const copied = new Set<string>();
  for (const { kind, values } of table.columns) {
    if (kind === 'category') continue;
    const counts = new Map<number, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    keys.forEach((key, row) => {
      const equals = times.get(key) as number;
      if (equals > 1 && counts.get(values[row] as number) === equals) copied.add(key);
    });
  }
  return copied;
}

function ofClass(rows: readonly number[], labels: Float64Array): string {
  const ones = rows.filter((row) => labels[row] === 1).length / rows.length;
  const share = labels.reduce((sum, label) => sum + (label === 1 ? 1 : 0), 0) / labels.length;
  return (ones > 0.9 || ones < 0.1) && Math.abs(ones - share) > 0.2
    ? `; nearly all have label ${ones > 0.5 ? 1 : 0}`
    : '';
}
