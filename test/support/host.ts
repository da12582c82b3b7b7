import { runDense, type DenseModel } from '../../models/recipes/dense.ts';
import type { InferRequest } from '../../server/core/inference.ts';
import { Log } from '../../server/core/log.ts';
import { float32Tensor, float32View, type Tensor } from '../../server/core/tensor.ts';
import { type HostOptions, ModelHost } from '../../server/serve.ts';

/** A host as the server would open it, but quiet. `lines` gathers its log. */
export async function openHost(
  repository: string, options: Partial<HostOptions> = {}, lines: string[] = [],
): Promise<ModelHost> {
  const host = startHost(repository, options, lines);
  await host.loaded;
  return host;
}

/** The same, still loading. */
export function startHost(
  repository: string, options: Partial<HostOptions> = {}, lines: string[] = [],
): ModelHost {
  const log = new Log('info', (line) => lines.push(line));
  const usual = { workers: 1, runMsMax: 10_000, inlineUsMax: 200, drainMsMax: 1000, log };
  return ModelHost.start(repository, { ...usual, ...options });
}

/** A request of whole rows to a dense model. */
export function requestOf(
  name: string, model: DenseModel, rows: Float32Array, more: Partial<InferRequest> = {},
): InferRequest {
  const width = model.layers[0]?.inputs as number;
  const inputs: Tensor[] = [float32Tensor(model.input, [rows.length / width, width], rows)];
  return { model: name, inputs, ...more };
}

/** The largest relative error of an answer against the plain loops. */
export function errorOf(model: DenseModel, rows: Float32Array, answer: Tensor | undefined): number {
  if (!answer) return Infinity;
  const width = model.layers[0]?.inputs as number;
  const values = float32View(answer);
  let worst = 0;
  for (let row = 0; row < rows.length / width; row += 1) {
    const want = runDense(model, rows.slice(row * width, (row + 1) * width));
    want.forEach((value, unit) => {
      const off = Math.abs((values[row * want.length + unit] ?? NaN) - value);
      worst = Math.max(worst, Number.isNaN(off) ? Infinity : off / Math.max(1, Math.abs(value)));
    });
  }
  return worst;
}
