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
    const taught = new Set(Array.from(train, (row) => keys[row] as number));
    for (const row of test) {
      scored.add(row);
      if (!taught.has(keys[row] as number)) continue;
      (copied.has(keys[row] as number) ? copies : equal).push(row);
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

/**
 * A number for each row that is equal where rows are, label and all: 53 bits of a hash (of a million
 * unequal rows, two have one number once in ten thousand tables).
 */
export function keysOf(table: Table, labels: Float64Array): Float64Array {
  const value = new Float64Array(1);
  const bits = new Uint32Array(value.buffer);
  const high = new Uint32Array(labels.length).fill(0x811c_9dc5);
  const low = new Uint32Array(labels.length).fill(0x9747_b28c);
  for (const values of [labels, ...table.columns.map((column) => column.values)]) {
    values.forEach((cell, row) => {
      value[0] = Number.isNaN(cell) ? NaN : cell + 0; // one missing value, and one zero
      const [a, b] = [bits[0] as number, bits[1] as number];
      high[row] = mix((high[row] as number) ^ a, b);
      low[row] = mix((low[row] as number) ^ b, a ^ 0x5bd1_e995);
    });
  }
  return Float64Array.from(high, (of, row) => of * 2 ** 21 + ((low[row] as number) >>> 11));
}

/** The finisher of MurmurHash3 over both words. */
function mix(a: number, b: number): number {
  let h = Math.imul(a ^ Math.imul(b, 0xcc9e_2d51), 0x85eb_ca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2_ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Keys of rows that have a number which only their equals have. */
function copiesOf(table: Table, keys: Float64Array): Set<number> {
  const times = new Map<number, number>();
  for (const key of keys) times.set(key, (times.get(key) ?? 0) + 1);
  const rows: number[] = [];
  keys.forEach((key, row) => {
    if ((times.get(key) as number) > 1) rows.push(row);
  });
  const copied = new Set<number>();
  for (const { kind, values } of table.columns) {
    if (kind === 'category') continue;
    const counts = new Map(rows.map((row) => [values[row] as number, 0]));
    for (const value of values) {
      const count = counts.get(value);
      if (count !== undefined) counts.set(value, count + 1);
    }
    for (const row of rows) {
      const key = keys[row] as number;
      if (counts.get(values[row] as number) === times.get(key)) copied.add(key);
    }
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
