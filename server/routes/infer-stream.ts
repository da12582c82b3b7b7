import { startInfer } from '../batch/infer.ts';
import type { Lane } from '../batch/lane.ts';
import type { Clock } from '../core/clock.ts';
import { asServeError, ServeError } from '../core/errors.ts';
import type { InferRequest, InferResult } from '../core/inference.ts';
import { looseValues } from '../core/loose.ts';
import { assertBytes, type Tensor } from '../core/tensor.ts';

/** Told once of each row, in whatever order they end; `left` rows are still to come. */
export type RowSettled = (
  row: number, error: ServeError | null, result: InferResult | null, left: number,
) => void;

/** Rows that the request brings. Fails with `bad_tensor` where its inputs differ in it. */
export function rowsToStream({ model, config }: Lane, inputs: readonly Tensor[]): number {
  if (config.max_batch_size === 0) {
    throw new ServeError('bad_argument', `stream: '${model}' takes no rows`);
  }
  const [rows = 0, ...others] = new Set(inputs.map(({ shape }) => shape[0] ?? 0));
  if (rows > 0 && others.length === 0) return rows;
  throw new ServeError('bad_tensor', 'stream: every input has the same number of rows, at least 1');
}

/**
 * Starts each row as a request of its own, so that each is answered when its own batch is done, and
 * more rows may come than one run takes. Throws what stands against the first; a later row that is
 * refused is told so. Returns what gives up the rows that wait.
 */
export function startStream(
  lane: Lane, request: InferRequest, rows: number, clock: Clock, settled: RowSettled,
): () => boolean {
  request.inputs.forEach(assertBytes);
  const columns = request.inputs.map((tensor) => looseValues(tensor, rows, true));
  let left = rows;
  const cancels: (() => boolean)[] = [];
  for (let row = 0; row < rows; row += 1) {
    const inputs = request.inputs.map((tensor, at): Tensor => {
      const { shape, data } = columns[at]?.[row] as { shape: readonly number[]; data: Uint8Array };
      return { ...tensor, shape: [1, ...shape], data };
    });
    const ended = (error: ServeError | null, result: InferResult | null): void => {
      left -= 1;
      settled(row, error, result, left);
    };
    try {
      cancels.push(startInfer(lane, { ...request, inputs }, clock, ended));
    } catch (thrown) {
      if (row === 0) throw thrown;
      queueMicrotask(() => ended(asServeError(thrown), null));
    }
  }
  return () => cancels.map((cancel) => cancel()).includes(true);
}
