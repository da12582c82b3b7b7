import type { RowFailure } from '../core/row-failure.ts';

/**
 * Answers rows `first` to `end - 1` of a batch; throws or rejects when any of them cannot be run.
 */
export type RunRows = (first: number, end: number) => void | Promise<void>;

/**
 * Finds the rows of a failed run that are at fault, and answers the others: halves are run again
 * until what fails is one row. Models keep nothing between runs, so a row that ran twice has the
 * same answer. One bad row among n costs about 2 log2 n further runs; n bad ones 2n - 2.
 */
export async function runApart(
  run: RunRows, first: number, end: number, thrown: unknown,
): Promise<RowFailure[]> {
  if (end - first === 1) return [{ row: first, message: messageOf(thrown) }];
  const middle = (first + end) >>> 1;
  const before = await runHalf(run, first, middle);
  const after = await runHalf(run, middle, end);
  return [...before, ...after];
}

async function runHalf(run: RunRows, first: number, end: number): Promise<RowFailure[]> {
  try {
    await run(first, end);
    return [];
  } catch (thrown) {
    return runApart(run, first, end, thrown);
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
