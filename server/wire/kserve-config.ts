import type { ModelConfig, SequenceConfig, TensorConfig, WarmupSample } from '../catalog/model-config.ts';

const BACKENDS: Readonly<Record<ModelConfig['platform'], string>> = {
  onnxruntime_onnx: 'onnxruntime',
  tensorflow_tfjs: 'tfjs',
  plain: 'plain',
  pipeline: 'pipeline',
  ensemble: '',
};

/**
 * A model's configuration as Triton's ModelConfig: its field names, numbers as numbers, parameters
 * as `string_value`. What this server has no notion of is left out, but for the fields that clients
 * read without asking whether they are there.
 */
export function encodeConfig(config: ModelConfig): string {
  const { name, platform, max_batch_size, version_policy, dynamic_batching } = config;
  return JSON.stringify({
    name,
    platform,
    backend: BACKENDS[platform],
    version_policy,
    max_batch_size,
    input: config.input.map((tensor) => ({
      ...tensorOf(tensor),
      format: 'FORMAT_NONE',
      is_shape_tensor: false,
      allow_ragged_batch: false,
      optional: false,
    })),
    output: config.output.map((tensor) => ({ ...tensorOf(tensor), is_shape_tensor: false })),
    instance_group: [{ name: `${name}_0`, kind: 'KIND_CPU', ...config.instance_group }],
    ...(max_batch_size > 0 ? { dynamic_batching } : {}),
    parameters: Object.fromEntries(Object.entries(config.parameters).map(
      ([key, value]) => [key, { string_value: String(value) }])),
    response_cache: config.response_cache.enable ? config.response_cache : { enable: false },
    ...(config.model_warmup ? { model_warmup: warmupsOf(config, config.model_warmup) } : {}),
    ...(config.ensemble ? { ensemble_scheduling: { step: config.ensemble } } : {}),
    ...(config.sequence ? { sequence_batching: sequenceOf(config.sequence) } : {}),
    ...(config.rollout ? { rollout: config.rollout } : {}),
    model_transaction_policy: { decoupled: false },
  });
}

function warmupsOf({ input }: ModelConfig, samples: readonly WarmupSample[]): object[] {
  return samples.map(({ name, rows, runs, inputs }) => ({
    ...(name === '' ? {} : { name }),
    batch_size: rows,
    count: runs,
    inputs: Object.fromEntries(inputs.map(({ name: key, dims, data }) => {
      const data_type = input.find((tensor) => tensor.name === key)?.data_type;
      const source = typeof data === 'string' ? { [`${data}_data`]: true } : { input_data_file: data.file };
      return [key, { data_type, dims, ...source }];
    })),
  }));
}

/** As Triton has it, whose parser of configs takes it back. */
function sequenceOf(sequence: SequenceConfig): object {
  const { max_candidate_sequences, max_sequence_idle_microseconds, control_input, state } = sequence;
  const flags = { TYPE_FP32: 'fp32_false_true', TYPE_INT32: 'int32_false_true' };
  return {
    max_sequence_idle_microseconds,
    ...(max_candidate_sequences === 0 ? { direct: {} } : { oldest: { max_candidate_sequences } }),
    control_input: control_input.map(({ name, kind, data_type, values }) => {
      const corrid = kind === 'CONTROL_SEQUENCE_CORRID';
      const how = flags[data_type as keyof typeof flags] ?? 'bool_false_true';
      const given = data_type === 'TYPE_BOOL' ? values.map(Boolean) : values;
      return { name, control: [{ kind, ...(corrid ? { data_type } : { [how]: given }) }] };
    }),
    state,
  };
}

function tensorOf({ name, data_type, dims, label_filename }: TensorConfig): object {
  return { name, data_type, dims, ...(label_filename === undefined ? {} : { label_filename }) };
}
