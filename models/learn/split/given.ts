import { TrainingError } from '../training-error.ts';
import { foldsOf, timeIgnored, type Splitter } from './plan.ts';

/** Folds that somebody else chose: the number of each row's fold, 0 .. k - 1. */
export function givenFolds(of: ArrayLike<number>, options: { ignoreTime?: boolean } = {}): Splitter {
  const numbers = Array.from(of);
  const count = numbers.reduce((most, fold) => Math.max(most, fold), 0) + 1;
  if (!numbers.every((fold) => Number.isInteger(fold) && fold >= 0) || count < 2) {
    throw new TrainingError('folds are numbers from 0 on, at least two of them');
  }
  return (examples) => {
    if (examples.labels.length !== numbers.length) {
      throw new TrainingError(`${numbers.length} folds for ${examples.labels.length} rows`);
    }
    return {
      how: `${count} given folds`,
      inTime: false,
      folds: foldsOf(numbers, count),
      warnings: timeIgnored(examples, options.ignoreTime ?? false),
    };
  };
}

/**
 * Reads a fold file: one number a line, in row order, after an optional line with a name. With two
 * columns the last is the fold.
 */
export function parseFolds(text: string): Uint32Array {
  const lines = text.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const cells = lines.map((line) => line.split(',').at(-1) as string);
  const from = /^\d+$/.test(cells[0] ?? '') ? 0 : 1;
  return Uint32Array.from(cells.slice(from), (cell, at) => {
    if (!/^\d+$/.test(cell)) throw new TrainingError(`line ${at + from + 1} has no fold: ${cell}`);
    return Number(cell);
  });
}
