/** What a model file says of its own tensors; -1 is a size that it leaves open. */
export interface FoundTensor {
  readonly name: string;
  readonly datatype: string; // as KServe spells it, or as the file does where KServe has none
  readonly shape: readonly number[];
}
export interface FoundTensors {
  readonly input: readonly FoundTensor[];
  readonly output: readonly FoundTensor[];
}

/** Whether a config leaves to the model file what the model takes or gives. */
export function leavesTensors(json: unknown): json is Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return false;
  const { platform, input, output } = json as Record<string, unknown>;
  return platform === 'onnxruntime_onnx' && (input === undefined || output === undefined);
}

/**
 * The config with `input` and `output` filled in from the model file. The first size is the batch
 * where `max_batch_size` is above 0.
 */
export function completeConfig(
  json: Record<string, unknown>, found: FoundTensors,
): Record<string, unknown> {
  const batches = typeof json['max_batch_size'] === 'number' && json['max_batch_size'] > 0;
  const tensors = (side: 'input' | 'output'): object[] => found[side].map((tensor) => {
    const dims = batches ? tensor.shape.slice(1) : tensor.shape;
    const type = tensor.datatype === 'BYTES' ? 'STRING' : tensor.datatype;
    return { name: tensor.name, data_type: `TYPE_${type}`, dims };
  });
  return {
    ...json,
    input: json['input'] ?? tensors('input'),
    output: json['output'] ?? tensors('output'),
  };
}
