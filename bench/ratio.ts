import { spread } from './harness.ts';

/** Times another side, and between which bounds 95 of 100 such comparisons lie. */
export interface Ratio {
  readonly ratio: number;
  readonly low?: number;
  readonly high?: number;
}

// Student's t for two sides of 95 %, by degrees of freedom from 1.
const T95 = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179];
const T95_MORE = 2.145;

/**
 * `mine` over `theirs`, turn by turn: the two of a turn met the same machine. The median of the
 * turns, and Student's interval of their mean on the logarithm, where a ratio and its inverse are
 * alike. Without an interval where there are fewer than three turns; values must be above 0.
 */
export function ratioOf(mine: readonly number[], theirs: readonly number[]): Ratio {
  const logs = mine.map((value, turn) => Math.log(value / (theirs[turn] as number)));
  const ratio = Math.exp(spread(logs).median);
  const turns = logs.length;
  if (turns < 3) return { ratio };
  const mean = logs.reduce((sum, log) => sum + log, 0) / turns;
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (turns - 1);
  const half = (T95[turns - 2] ?? T95_MORE) * Math.sqrt(variance / turns);
  return { ratio, low: Math.exp(mean - half), high: Math.exp(mean + half) };
}
