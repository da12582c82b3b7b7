import { Prng } from '../../../server/core/prng.ts';
import type { Examples } from '../table.ts';
import { isBinary, largestFold, percent, type Finding, type LeakCase } from './finding.ts';
import { NearRows, some, type Near } from './near.ts';

/** Scored rows of each class that are looked at. */
const SAMPLE = 200;
/** Training rows about each: pairs of them may be its parents. */
const NEAR = 24;
/** Numbers in which parents must differ: in fewer, three rows are often in line. */
const COLUMNS_MIN = 3;
/** The place between the parents is the same in every number, to this. */
const SAME_PLACE = 1e-4;
/** Nearest row to 24th nearest: below this the nearest is the row itself, shaken a little. */
const SHAKEN = 0.05;
/** Shares of a class in line, or shaken, that fail, */
const BETWEEN_SHARE = 0.05;
const SHAKEN_SHARE = 0.4; // honest rows of a rare class have up to .16 (Telco)
/** where they are so many times those of the other class. */
const TIMES_OTHER = 4;
const ROWS_MIN = 20; // of a class: below it nothing is said
/** Rows of the class for each of the other: a larger class is not the one that was added to. */
const LARGER_MAX = 1.1;

/**
 * Rows that lie on the way from one training row to another, at the same place in every number, are
 * made up from them (SMOTE and its kin); rows that are far nearer to one training row than to all
 * others are that row with some noise. Either was made before the split. Honest rows of coarse
 * columns are so by chance now and then, in both classes alike; made-up ones are of one class.
 */
export function madeUpRows({ examples, plan }: LeakCase): Finding[] {
  if (!isBinary(examples)) return [];
  const { train, test } = largestFold(plan);
  const prng = new Prng(1);
  const space = new NearRows(examples, train, prng);
  if (space.columns.length === 0) return [];
  const lines = new Lines(examples, space.columns);
  const classes = [0, 1].map((label): Looked => {
    const rows = some(test.filter((row) => examples.labels[row] === label), SAMPLE, prng);
    const near = rows.map((row) => space.of(row, NEAR));
    return {
      label,
      rows,
      between: rows.filter((row, at) => lines.isBetween(row, near[at] as Near[])),
      shaken: rows.filter((_, at) => isShaken(near[at] as Near[])),
    };
  });
  return classes.flatMap((one, at) => {
    const other = classes[1 - at] as Looked;
    const count = (label: number) => examples.labels.filter((of) => of === label).length;
    if (count(one.label) > LARGER_MAX * count(other.label)) return [];
    return [
      ...judge(one, other, 'between', BETWEEN_SHARE,
        'lie exactly between two training rows of that label', 'SMOTE does'),
      ...judge(one, other, 'shaken', SHAKEN_SHARE,
        'are a training row of that label but for a little noise', 'over-sampling with noise does'),
    ];
  });
}

interface Looked {
  readonly label: number;
  readonly rows: readonly number[];
  readonly between: readonly number[];
  readonly shaken: readonly number[];
}

function judge(
  one: Looked, other: Looked, what: 'between' | 'shaken', least: number, they: string, as: string,
): Finding[] {
  const [share, control] = [one, other].map((of) =>
    of[what].length / Math.max(1, of.rows.length)) as [number, number];
  if (one.rows.length < ROWS_MIN || share < least || share < TIMES_OTHER * control) return [];
  return [{
    rule: 'made-up-rows', severity: 'fail', rows: one[what].slice(0, 20),
    evidence: `${one[what].length} of ${one.rows.length} scored rows with label ${one.label} ${they} ` +
      `(${percent(share)}; of the other label ${percent(control)}): made up as ${as}, before the split`,
    advice: 'split first: a sampler of the pipeline sees the training part alone',
  }];
}

function isShaken(near: readonly Near[]): boolean {
  const [first, last] = [near[0], near.at(-1)];
  if (near.length < NEAR || !first || !last) return false;
  return first.far > 0 && first.far < SHAKEN * last.far; // at 0 it is a copy: another rule's
}

/** Finds out whether a row is in line with two others, between them. */
class Lines {
  readonly #rounding: readonly number[]; // half a unit, of columns of whole numbers

  constructor({ table }: Examples, private readonly columns: readonly Float64Array[]) {
    const raw = table.columns.filter(({ kind }) => kind === 'number').map(({ values }) => values);
    this.#rounding = raw.map((values, at) => {
      if (!values.every((value) => Number.isNaN(value) || Number.isInteger(value))) return 0;
      const scaled = columns[at] as Float64Array;
      const other = values.findIndex((value) => value !== values[0] && !Number.isNaN(value));
      const unit = ((scaled[other] as number) - (scaled[0] as number)) /
        ((values[other] as number) - (values[0] as number));
      return Math.abs(unit) / 2 || 0;
    });
  }

  isBetween(row: number, near: readonly Near[]): boolean {
    return near.some(({ row: a }, i) =>
      near.slice(i + 1).some(({ row: b }) => this.#inLine(row, a, b)));
  }

  /**
   * Each number says at which place between a and b the row may be; all of them together must leave
   * some, and at least `COLUMNS_MIN` must have said it to a hundredth.
   */
  #inLine(row: number, a: number, b: number): boolean {
    let low = 0;
    let high = 1;
    let told = 0;
    for (let at = 0; at < this.columns.length; at += 1) {
      const values = this.columns[at] as Float64Array;
      const [from, to, here] = [values[a], values[b], values[row]] as [number, number, number];
      if (Number.isNaN(from) || Number.isNaN(to) || Number.isNaN(here)) continue;
      const rounding = this.#rounding[at] as number;
      if (from === to) {
        if (Math.abs(here - from) > SAME_PLACE + rounding) return false;
        continue;
      }
      const place = (here - from) / (to - from);
      // Values may have been written with few digits: a short way tells its place less exactly.
      const slack = SAME_PLACE + (1e-6 + rounding) / Math.abs(to - from);
      low = Math.max(low, place - slack);
      high = Math.min(high, place + slack);
      if (low >= high) return false;
      if (place > 0 && place < 1 && slack < 0.01) told += 1;
    }
    return told >= COLUMNS_MIN;
  }
}
