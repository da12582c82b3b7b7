import { TrainingError } from '../training-error.ts';
import { Fold, timesOf, type Splitter } from './plan.ts';
import { day, days } from './time.ts';

export interface Landmarks {
  readonly train: readonly number[]; // times, ms: the rows of these teach
  readonly test: readonly number[]; // the rows of these are scored
  /** From a landmark to when its labels are known, ms. */
  readonly horizonMs: number;
}

/**
 * Every customer is looked at on fixed days, and asked what came within the horizon (landmarking:
 * van Houwelingen, Scand. J. of Statistics 34, 2007). Fails where a training label was not yet known
 * on the first test day.
 */
export function landmarks({ train, test, horizonMs }: Landmarks): Splitter {
  const first = Math.min(...test);
  for (const time of train) {
    if (time + horizonMs <= first) continue;
    throw new TrainingError(`labels of landmark ${day(time)} are known ${days(horizonMs)} later, ` +
      `after the first scored landmark, ${day(first)}`);
  }
  return (examples) => {
    const times = timesOf(examples);
    return {
      how: `landmarks: ${train.map(day).join(', ')} teach, ${test.map(day).join(', ')} are scored`,
      inTime: true,
      folds: [new Fold(rowsAt(times, train), rowsAt(times, test), times.length)],
      warnings: [],
    };
  };
}

function rowsAt(times: Float64Array, at: readonly number[]): Uint32Array {
  const wanted = new Set(at);
  const rows: number[] = [];
  times.forEach((time, row) => {
    if (wanted.has(time)) rows.push(row);
  });
  return Uint32Array.from(rows);
}
