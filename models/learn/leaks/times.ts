import type { Column } from '../table.ts';
import { percent, type Finding, type LeakCase } from './finding.ts';

const YEAR_2000_MS = 946_684_800_000;
const YEAR_2100_MS = 4_102_444_800_000;

/** Values that were not known yet: as declared, as timed, or because the value is itself a time. */
export function afterOutcome({ examples, known = {}, outcomeTimes }: LeakCase): Finding[] {
  const { table, times } = examples;
  return table.columns.flatMap((column): Finding[] => {
    const declared = known[column.name];
    const finding = (evidence: string, rows?: readonly number[]): Finding => ({
      rule: 'after-outcome', severity: 'fail', column: column.name, evidence,
      ...(rows && { rows: rows.slice(0, 20) }),
      advice: `leave ${column.name} out, or take its value as it was at the row's moment`,
    });
    if (declared === 'before') return [];
    if (declared === 'after') return [finding('declared as known only after the outcome')];
    const limit = times ?? outcomeTimes;
    if (!limit) return [];
    const from = declared ?? (looksLikeTimes(column) ? column.values : null);
    if (!from) return [];
    const late = rowsWhere(from, (at, row) => at > (limit[row] as number));
    if (late.length === 0) return [];
    return [finding(`${late.length} rows (${percent(late.length / table.rows)}) have ` +
      `${declared ? 'it known' : 'a time'} after their moment, the first of them row ${late[0]}`,
    late)];
  });
}

/** Training rows later than scored ones; training labels that were not known yet. */
export function timeOverlap({ examples, plan, outcomeTimes }: LeakCase): Finding[] {
  const { times } = examples;
  if (!times || times.every((time) => time === times[0])) return [];
  for (const { train, test } of plan.folds) {
    const first = test.reduce((least, row) => Math.min(least, times[row] as number), Infinity);
    const late = [...train].filter((row) => (times[row] as number) >= first);
    if (late.length > 0) {
      return [{
        rule: 'time-overlap', severity: 'fail', rows: late.slice(0, 20),
        evidence: `${percent(late.length / train.length)} of the training rows are of the time of ` +
          `scored rows or later (${plan.how})`,
        advice: 'split by time; rows that were shuffled on purpose: allow `time-overlap`',
      }];
    }
    const unknown = outcomeTimes
      ? [...train].filter((row) => (outcomeTimes[row] as number) > first)
      : [];
    if (unknown.length > 0) {
      return [{
        rule: 'time-overlap', severity: 'fail', rows: unknown.slice(0, 20),
        evidence: `the labels of ${unknown.length} training rows were known only after the first ` +
          'scored row',
        advice: 'give the split an embargo as long as a label takes to be known',
      }];
    }
  }
  return [];
}

/** Rows of one group on both sides of a split that is not in time. */
export function groupOverlap({ examples, plan }: LeakCase): Finding[] {
  const { groups } = examples;
  if (!groups || plan.inTime) return []; // a customer's past is what a shop has
  for (const { train, test } of plan.folds) {
    const taught = new Set(Array.from(train, (row) => groups[row]));
    const both = [...test].filter((row) => taught.has(groups[row]));
    if (both.length === 0) continue;
    return [{
      rule: 'group-overlap', severity: 'fail', rows: both.slice(0, 20),
      evidence: `${percent(both.length / test.length)} of the scored rows are of groups that teach`,
      advice: 'split by group, or by time',
    }];
  }
  return [];
}

/** A column of moments: whole milliseconds between 2000 and 2100, of more than one value. */
function looksLikeTimes({ kind, values }: Column): boolean {
  if (kind !== 'number') return false;
  const known = values.filter((value) => !Number.isNaN(value));
  return known.length > 0 && known.every((value) => value >= YEAR_2000_MS && value <= YEAR_2100_MS);
}

function rowsWhere(values: Float64Array, is: (value: number, row: number) => boolean): number[] {
  const rows: number[] = [];
  values.forEach((value, row) => {
    if (is(value, row)) rows.push(row);
  });
  return rows;
}
