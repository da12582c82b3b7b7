import type { Examples } from '../table.ts';
import { TrainingError } from '../training-error.ts';
import { Fold, timesOf, type Plan, type Splitter } from './plan.ts';

export interface TimeSplit {
  /** Share of the rows, the latest, that are scored; 0..1. Rows of one time stay together. */
  readonly testShare: number;
  /**
   * From a row's features to when its label is known, ms. Training rows closer than this to the
   * first scored row are dropped: on the day of the cut nobody knew their labels (purging and
   * embargo: López de Prado, Advances in Financial Machine Learning, 2018, ch. 7).
   */
  readonly embargoMs?: number;
}

/** The oldest rows teach, the latest are scored. The default for rows with times. */
export function byTime({ testShare, embargoMs = 0 }: TimeSplit): Splitter {
  return (examples) => {
    const times = timesOf(examples);
    const sorted = times.slice().sort();
    const first = Math.round(sorted.length * (1 - testShare));
    const cutMs = sorted[Math.min(Math.max(first, 1), sorted.length - 1)] as number;
    if (cutMs === sorted[0]) throw new TrainingError('no row is older than the scored ones');
    return planAt(examples, cutMs, embargoMs);
  };
}

/** Rows at or after `cutMs` are scored; those whose labels were known by then teach. */
export function atTime(cutMs: number, embargoMs = 0): Splitter {
  return (examples) => planAt(examples, cutMs, embargoMs);
}

/** Training rows of a cut, and how many the embargo drops. */
export function rowsBefore(
  times: Float64Array, cutMs: number, embargoMs: number,
): { readonly train: Uint32Array; readonly dropped: number } {
  if (!(embargoMs >= 0)) throw new TrainingError(`an embargo of ${embargoMs} ms`);
  const train: number[] = [];
  let dropped = 0;
  times.forEach((time, row) => {
    if (time >= cutMs) return;
    if (time + embargoMs <= cutMs) train.push(row);
    else dropped += 1;
  });
  return { train: Uint32Array.from(train), dropped };
}

/** Rows from `fromMs` on, and before `endMs`. */
export function rowsIn(times: Float64Array, fromMs: number, endMs = Infinity): Uint32Array {
  const rows: number[] = [];
  times.forEach((time, row) => {
    if (time >= fromMs && time < endMs) rows.push(row);
  });
  return Uint32Array.from(rows);
}

export function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function planAt(examples: Examples, cutMs: number, embargoMs: number): Plan {
  const times = timesOf(examples);
  const { train, dropped } = rowsBefore(times, cutMs, embargoMs);
  const gap = embargoMs > 0 ? `, ${dropped} rows within ${days(embargoMs)} of it dropped` : '';
  return {
    how: `by time: rows before ${day(cutMs)} teach, the rest is scored${gap}`,
    inTime: true,
    folds: [new Fold(train, rowsIn(times, cutMs), times.length)],
    warnings: [],
  };
}

export function days(ms: number): string {
  return `${Math.round(ms / 864_000) / 100} days`;
}
