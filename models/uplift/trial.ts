import { takeRows, type Table } from '../learn/table.ts';
import { TrainingError } from '../learn/training-error.ts';

/** An experiment: who was treated, and what came of it. All arrays are one a row. */
export interface Trial {
  readonly table: Table; // what was known before
  readonly treated: Uint8Array; // 1: got the coupon
  readonly outcomes: Float64Array; // 1: bought
  /** What a purchase of this customer brings, in money; absent: all the same. */
  readonly values?: Float64Array;
}

/** The rows at `at`, in that order. */
export function takeTrial({ table, treated, outcomes, values }: Trial, at: ArrayLike<number>): Trial {
  return {
    table: takeRows(table, at),
    treated: Uint8Array.from(at, (row) => treated[row] as number),
    outcomes: Float64Array.from(at, (row) => outcomes[row] as number),
    ...(values && { values: Float64Array.from(at, (row) => values[row] as number) }),
  };
}

/** The rows of one arm. */
export function armRows({ treated }: Pick<Trial, 'treated'>, arm: 0 | 1): Uint32Array {
  return Uint32Array.from(Array.from(treated.keys()).filter((row) => treated[row] === arm));
}

const ARM_MIN = 50; // rows with and without the outcome that each arm needs

/** Fails with `TrainingError` where an arm is too small, or an outcome is no 0 or 1. */
export function checkTrial(trial: Trial): void {
  const { outcomes } = trial;
  if (!outcomes.every((outcome) => outcome === 0 || outcome === 1)) {
    throw new TrainingError('an outcome of a trial is 0 or 1');
  }
  for (const arm of [0, 1] as const) {
    const rows = armRows(trial, arm);
    const ones = rows.reduce((sum, row) => sum + (outcomes[row] as number), 0);
    if (Math.min(ones, rows.length - ones) < ARM_MIN) {
      const name = arm === 1 ? 'treated' : 'not treated';
      throw new TrainingError(`of ${rows.length} rows that were ${name}, ${ones} have the outcome: ` +
        `${ARM_MIN} with and ${ARM_MIN} without are the least to learn from`);
    }
  }
}
