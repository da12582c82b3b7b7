import { ServeError } from '../core/errors.ts';
import type { Inference } from '../core/inference.ts';
import { float32Tensor, float32View } from '../core/tensor.ts';

/**
 * What a model says of rows: `rows` is `[count, features]`, the answer has one value a row. Whoever
 * explains a model sees it through this alone.
 */
export type Evaluate = (rows: Float32Array, count: number) => Promise<Float64Array>;

export interface ServedModel {
  readonly model: string;
  readonly version?: string;
  readonly input: string;
  readonly output: string;
  readonly features: number;
  readonly at: number; // of the output's values, the one that is explained
  readonly rowsMax: number; // in one request
}

/** How a request wants its runs to wait: as any request's. */
export interface Patience {
  /** What is left of the request's deadline; asked before each run. */
  readonly leftMs?: () => number;
  readonly priority?: number;
  readonly signal?: AbortSignal;
}

const REQUESTS_MAX = 4; // of one explanation at once: others' requests get a turn between

/**
 * The model's own answers, asked for through its queue as anyone's are: in requests of `rowsMax`
 * rows, a few at a time. Rejects with what `Inference` does.
 */
export function evaluateServed(
  inference: Inference, served: ServedModel, patience: Patience = {},
): Evaluate {
  const { features, rowsMax } = served;
  return async (rows, count) => {
    const out = new Float64Array(count);
    const starts = Array.from({ length: Math.ceil(count / rowsMax) }, (_, i) => i * rowsMax);
    const lane = async (): Promise<void> => {
      for (let from = starts.shift(); from !== undefined; from = starts.shift()) {
        const to = Math.min(count, from + rowsMax);
        const part = rows.subarray(from * features, to * features);
        out.set(await ask(inference, served, part, to - from, patience), from);
      }
    };
    try {
      await Promise.all(Array.from({ length: REQUESTS_MAX }, lane));
    } catch (error) {
      starts.length = 0; // what has not been asked is not wanted any more
      throw error;
    }
    return out;
  };
}

async function ask(
  inference: Inference, served: ServedModel, rows: Float32Array, count: number,
  { leftMs, priority, signal }: Patience,
): Promise<Float64Array> {
  const { model, version, input, output, features, at } = served;
  const deadlineMs = leftMs?.();
  if (deadlineMs !== undefined && deadlineMs <= 0) throw new ServeError('deadline');
  const result = await inference.infer({
    model,
    inputs: [float32Tensor(input, [count, features], rows)],
    outputs: [output],
    ...(version !== undefined && { version }),
    ...(deadlineMs !== undefined && { deadlineMs }),
    ...(priority !== undefined && { priority }),
    ...(signal && { signal }),
  });
  const tensor = result.outputs[0];
  const values = tensor ? float32View(tensor) : new Float32Array(0);
  const width = values.length / count;
  if (!Number.isInteger(width) || at >= width) {
    throw new ServeError('backend', `'${model}' gave ${values.length} values for ${count} rows`);
  }
  return Float64Array.from({ length: count }, (_, row) => values[row * width + at] as number);
}
