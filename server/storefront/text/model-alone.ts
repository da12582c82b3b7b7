import { join } from 'node:path';
import { datatypeOf, isLoose } from '../../catalog/model-config.ts';
import { readModel } from '../../catalog/repository.ts';
import { ServeError } from '../../core/errors.ts';
import type { Inference, InferRequest, InferResult } from '../../core/inference.ts';
import { DATATYPE_ARRAYS, type Datatype, elements, type TensorArray } from '../../core/tensor.ts';
import { OnnxRuntime } from '../../runtime/onnx.ts';

/** One version of an ONNX model outside of any server: for who looks whether it can be used. */
export async function modelAlone(
  repository: string, model: string, version: string,
): Promise<Inference & { close(): Promise<void> }> {
  const runtime = new OnnxRuntime();
  const { config, folder } = await readModel(repository, model, (of) => runtime.describe(of));
  const running = await runtime.open(join(folder, version), config);
  const rowsMax = Math.max(1, config.max_batch_size);
  // A runtime may wrap them once: they stay the same.
  const own = isLoose(config) ? [] : config.input.map((one): TensorArray => {
    const datatype = datatypeOf(one) as Datatype;
    return new DATATYPE_ARRAYS[datatype](rowsMax * elements(one.dims));
  });
  const given = isLoose(config) ? [] : config.output.map(({ dims }) => new Float32Array(rowsMax * elements(dims)));
  const timing = { queueUs: 0, runUs: 0, batchRows: 1, batchReason: 'idle' } as const;
  return {
    async infer({ inputs }: InferRequest): Promise<InferResult> {
      const ordered = config.input.map(({ name }) => inputs.find((input) => input.name === name)!);
      if (isLoose(config)) {
        if (!running.runLoose) throw new ServeError('backend', `'${model}' takes no texts and no -1`);
        return { model, version, timing, outputs: await running.runLoose(ordered) };
      }
      const rows = ordered[0]?.shape[0] ?? 0;
      ordered.forEach(({ data }, at) => new Uint8Array(own[at]!.buffer).set(data));
      await running.run(own, rows, given);
      const outputs = config.output.map(({ name, dims }, at) => ({
        name, datatype: 'FP32' as const, shape: [rows, ...dims],
        data: new Uint8Array(given[at]!.buffer.slice(0, rows * elements(dims) * 4)),
      }));
      return { model, version, timing, outputs };
    },
    ready: () => true,
    close: () => running.close(),
  };
}
