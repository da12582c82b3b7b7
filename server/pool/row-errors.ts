import { ServeError } from '../core/errors.ts';
import type { RowFailure } from '../core/row-failure.ts';

/**
 * What the callers of a batch's failed rows are told, by row; null when every row has its answer.
 */
export function rowErrors(
  model: string, failures: readonly RowFailure[],
): ReadonlyMap<number, ServeError> | null {
  if (failures.length === 0) return null;
  return new Map(failures.map(({ row, message }) =>
    [row, new ServeError('backend', `${model}: ${message}`)]));
}
