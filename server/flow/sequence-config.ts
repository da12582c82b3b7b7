import type { ModelConfig, TensorConfig } from '../catalog/model-config.ts';

/**
 * The config of what runs: with the tensors that clients do not see, controls and states, at the
 * end.
 */
export function runningConfig(config: ModelConfig): ModelConfig {
  const { sequence } = config;
  if (!sequence) return config;
  const controls = sequence.control_input.map(({ name, data_type }): TensorConfig =>
    ({ name, data_type, dims: [1] }));
  const states = (side: 'input_name' | 'output_name'): TensorConfig[] =>
    sequence.state.map(({ data_type, dims, ...names }) => ({ name: names[side], data_type, dims }));
  return {
    ...config,
    input: [...config.input, ...controls, ...states('input_name')],
    output: [...config.output, ...states('output_name')],
  };
}
