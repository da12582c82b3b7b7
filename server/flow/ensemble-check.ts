import type { EnsembleStep, ModelConfig, TensorConfig } from '../catalog/model-config.ts';
import { ServeError } from '../core/errors.ts';

/** What a step's model takes and gives. */
export type StepModel = Pick<ModelConfig, 'input' | 'output' | 'max_batch_size'>;

/**
 * Whether the models of an ensemble's steps fit each other and what the ensemble says it takes and
 * gives. Fails with `bad_argument` naming model, tensor, and both sides.
 */
export function checkEnsemble(
  config: ModelConfig, modelOf: (step: EnsembleStep) => StepModel,
): void {
  const known = new Map(config.input.map((tensor) => [tensor.name, tensor]));
  for (const step of config.ensemble ?? []) {
    const model = modelOf(step);
    const fail = (why: string): never => {
      throw new ServeError(
        'bad_argument', `ensemble '${config.name}', step ${step.model_name}: ${why}`,
      );
    };
    const most = model.max_batch_size;
    if ((most === 0) !== (config.max_batch_size === 0) || most < config.max_batch_size) {
      fail(`its max_batch_size is ${most}, the ensemble's is ${config.max_batch_size}`);
    }
    for (const { name } of model.input) {
      if (step.input_map[name] === undefined) fail(`nothing goes to its input '${name}'`);
    }
    for (const [name, outer] of Object.entries(step.input_map)) {
      const own = model.input.find((tensor) => tensor.name === name);
      if (!own) return fail(`it has no input '${name}'`);
      const from = known.get(outer) as TensorConfig; // steps are in order
      if (!alike(own, from)) {
        fail(`its input '${name}' is ${shown(own)}, '${outer}' is ${shown(from)}`);
      }
    }
    for (const [name, outer] of Object.entries(step.output_map)) {
      const own = model.output.find((tensor) => tensor.name === name);
      if (!own) return fail(`it has no output '${name}'`);
      known.set(outer, own);
    }
  }
  for (const output of config.output) {
    const from = known.get(output.name) as TensorConfig;
    if (alike(output, from)) continue;
    throw new ServeError('bad_argument',
      `ensemble '${config.name}': output '${output.name}' is ${shown(output)}, what the steps make ` +
        `of it is ${shown(from)}`);
  }
}

/** -1 fits any size. */
function alike(one: TensorConfig, other: TensorConfig): boolean {
  return one.data_type === other.data_type && one.dims.length === other.dims.length &&
    one.dims.every((size, at) => size === other.dims[at] || size === -1 || other.dims[at] === -1);
}

function shown({ data_type, dims }: TensorConfig): string {
  return `${data_type} [${dims.join(',')}]`;
}
