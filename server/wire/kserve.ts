import { ServeError } from '../core/errors.ts';
import type { InferRequest, InferResult } from '../core/inference.ts';
import { tensorsJson } from './encode.ts';
import { Fields, type Where } from './fields.ts';
import { decodeJson } from './json.ts';
import { LIMITS } from './schema.ts';
import { decodeTensor } from './tensors.ts';

/** A body of KServe v2 `infer`: the request, and the `id` to be given back. */
export interface KserveInfer {
  readonly id?: string;
  readonly request: Pick<InferRequest, 'inputs' | 'outputs' | 'deadlineMs'>;
}

const ID_BYTES_MAX = 1024;
const TIMEOUT_US_MAX = LIMITS.deadlineMsMax * 1000;

/**
 * `{id?, parameters?, inputs, outputs?}` in JSON. `parameters.timeout` is Triton's: microseconds.
 * Fails with `bad_request`, `bad_argument`, `bad_tensor`, or `unsupported` where tensors are
 * announced in binary, or outputs as classes.
 */
export function decodeKserveInfer(body: Uint8Array): KserveInfer {
  const fields = Fields.of(decodeJson(body), 'an infer request');
  const parameters = parametersOf(fields);
  const timeoutUs = parameters?.optionalInteger('timeout', 0, TIMEOUT_US_MAX) ?? 0;
  const id = fields.optionalText('id', ID_BYTES_MAX);
  const inputs = fields.list('inputs', 0, LIMITS.tensorsMax, decodeInput);
  const outputs = fields.optionalList('outputs', LIMITS.tensorsMax, decodeOutput);
  return {
    ...(id === undefined ? {} : { id }),
    request: {
      inputs,
      ...(outputs === undefined || outputs.length === 0 ? {} : { outputs }),
      ...(timeoutUs === 0 ? {} : { deadlineMs: timeoutUs / 1000 }),
    },
  };
}

function decodeInput(value: unknown, where: Where) {
  const fields = Fields.of(value, 'a tensor', where);
  if (parametersOf(fields)?.has('binary_data_size')) {
    throw new ServeError(
      'unsupported',
      'tensors in binary after the JSON (extension binary_tensor_data)',
    );
  }
  return decodeTensor(value, where);
}

function decodeOutput(value: unknown, where: Where): string {
  const fields = Fields.of(value, 'an output', where);
  // `binary_data` is a wish that a server without the extension may leave: JSON comes back.
  if (parametersOf(fields)?.has('classification')) {
    throw new ServeError('unsupported', 'outputs as classes (extension classification)');
  }
  return fields.text('name', LIMITS.idBytesMax);
}

function parametersOf(fields: Fields): Fields | null {
  const value = fields.raw('parameters');
  return value === undefined ? null : Fields.of(value, 'parameters', fields.at('parameters'));
}

/** The answer's body. Fails with `backend` or `unsupported` where an output has no JSON form. */
export function encodeKserveInfer(result: InferResult, id: string | undefined): string {
  const head = JSON.stringify({ model_name: result.model, model_version: result.version, id });
  return `${head.slice(0, -1)},"outputs":${tensorsJson(result.outputs)}}`;
}
