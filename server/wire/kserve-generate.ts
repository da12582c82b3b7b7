import type { InferResult, RequestParameters } from '../core/inference.ts';
import { elements, type Tensor, type TensorSpec } from '../core/tensor.ts';
import { Fields, type Where } from './fields.ts';
import { decodeJson } from './json.ts';
import { KserveError, parsing } from './kserve-error.ts';
import { LIMITS } from './schema.ts';
import { decodeTensor, tensorJson } from './tensors.ts';

/** A request of Triton's `generate`: one row, its inputs by their names. */
export interface Generate {
  readonly id: string; // given back; '' is none
  readonly inputs: readonly Tensor[];
  readonly parameters: RequestParameters;
}

/**
 * `{"text_input": "…", …}`: what is named as an input of the model becomes its tensor, of one value
 * or a list of them; the rest are parameters, as those in `parameters` are. Fails with
 * `bad_request`, `bad_argument` or `bad_tensor`.
 */
export function decodeGenerate(
  body: Uint8Array, specs: readonly TensorSpec[], batches: boolean,
): Generate {
  const fields = Fields.of(decodeJson(body), 'a generate request');
  const inputs: Tensor[] = [];
  const parameters: Record<string, RequestParameters[string]> = {};
  for (const [name, value] of fields.entries()) {
    const spec = specs.find((one) => one.name === name);
    if (spec) inputs.push(tensorOf(spec, value, batches, fields.at(name)));
    else if (name === 'parameters') Object.assign(parameters, plainValues(value));
    else if (name !== 'id') parameters[name] = plainValue(name, value);
  }
  const id = parsing('id', () => fields.optionalText('id', LIMITS.traceBytesMax) ?? '');
  return { id, inputs, parameters };
}

/** A value, or a list of them in any nesting, as the input's tensor of one row. */
function tensorOf(spec: TensorSpec, value: unknown, batches: boolean, where: Where): Tensor {
  const data = Array.isArray(value) ? value.flat(LIMITS.rankMax) : [value];
  const { name, datatype, dims } = spec;
  const open = dims.indexOf(-1);
  if (open !== dims.lastIndexOf(-1)) {
    throw new KserveError('bad_request',
      `The shape of input '${name}' cannot be deduced because there are more than one ` +
        'variable-sized dimension');
  }
  const rest = elements(dims.filter((size) => size >= 0));
  const own = dims.map((size) => (size >= 0 ? size : Math.floor(data.length / rest)));
  const shape = batches ? [1, ...own] : own;
  return parsing(name, () => decodeTensor({ name, datatype, shape, data }, where));
}

function plainValues(value: unknown): RequestParameters {
  const fields = parsing('parameters', () => Fields.of(value, 'parameters'));
  return Object.fromEntries(fields.entries().map(([name, one]) => [name, plainValue(name, one)]));
}

function plainValue(name: string, value: unknown): RequestParameters[string] {
  if (['string', 'number', 'bigint', 'boolean'].includes(typeof value)) return value as string;
  throw new KserveError('bad_argument',
    `parameter '${name}' has invalid type. It should be either 'int', 'bool', or 'string'.`);
}

/** Outputs by their names: a value alone where there is one, else a flat list. */
export function encodeGenerate({ model, version, outputs }: InferResult, id: string): string {
  const head = JSON.stringify({
    ...(id === '' ? {} : { id }), model_name: model, model_version: version,
  });
  const texts = outputs.map((tensor) => {
    const list = tensorJson(tensor);
    const value = elements(tensor.shape) === 1 ? list.slice(1, -1) : list;
    return `,${JSON.stringify(tensor.name)}:${value}`;
  });
  return `${head.slice(0, -1)}${texts.join('')}}`;
}
