import { CONFIG_LIMITS } from './config-limits.ts';
import {
  datatypeOf, rowBytesOf, type TensorConfig, type WarmupInput, type WarmupSample,
} from './model-config.ts';
import type { Node } from './node.ts';

const SOURCES = ['zero_data', 'random_data', 'input_data_file'] as const;

/** `model_warmup`, with Triton's names: requests that a model answers before it is ready. */
export function parseWarmup(
  list: Node, inputs: readonly TensorConfig[], rowsMax: number,
): WarmupSample[] {
  return list.list(0, CONFIG_LIMITS.warmupsMax).map((node) => {
    const fields = node.fields(['name', 'batch_size', 'inputs', 'count']);
    const rows = fields.at('batch_size').optional(1, (size) =>
      size.integer(1, Math.max(1, rowsMax)));
    const given = fields.at('inputs').fields(inputs.map(({ name }) => name));
    return {
      name: fields.at('name').optional('', (name) => name.text(CONFIG_LIMITS.nameMax)),
      rows,
      // Triton's default of 0 runs it once as well.
      runs: Math.max(1, fields.at('count').optional(1, (count) =>
        count.integer(0, CONFIG_LIMITS.warmupRunsMax))),
      inputs: inputs.map((tensor) => parseInput(given.at(tensor.name), tensor, rows)),
    };
  });
}

function parseInput(node: Node, tensor: TensorConfig, rows: number): WarmupInput {
  const fields = node.fields(['data_type', 'dims', ...SOURCES]);
  const { data_type: type, dims: open } = tensor;
  const said = fields.at('data_type').text(32);
  if (said !== type) fields.at('data_type').fail(`must be ${type}, as the input is`);
  const dims = fields.at('dims').list(0, CONFIG_LIMITS.rankMax).map((dim) =>
    dim.integer(1, 0x7fff_ffff));
  const fits = dims.length === open.length &&
    dims.every((size, at) => open[at] === -1 || open[at] === size);
  if (!fits) fields.at('dims').fail(`must be [${open.join(',')}], the input's own; -1 is any size`);
  const texts = datatypeOf(tensor) === 'BYTES';
  const bytes = texts ? 0 : rows * rowBytesOf({ ...tensor, dims });
  if (bytes > CONFIG_LIMITS.warmupBytesMax) {
    fields.at('dims').fail(`makes ${bytes} bytes, more than ${CONFIG_LIMITS.warmupBytesMax}`);
  }
  const sources = SOURCES.filter((source) => fields.at(source).present);
  const [source] = sources;
  if (source === undefined || sources.length > 1) {
    return node.fail(`must hold one of ${SOURCES.join(', ')}`);
  }
  if (source === 'input_data_file') {
    return { name: tensor.name, dims, data: { file: fields.at(source).fileName() } };
  }
  fields.at(source).only(true);
  return { name: tensor.name, dims, data: source === 'zero_data' ? 'zero' : 'random' };
}
