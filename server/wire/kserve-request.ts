import { ServeError } from '../core/errors.ts';
import type { InferRequest } from '../core/inference.ts';
import {
  assertBytes, DATATYPE_BYTES, elements, packTexts, type Tensor, type TensorSpec,
} from '../core/tensor.ts';
import { Fields, type Where } from './fields.ts';
import { decodeJson } from './json.ts';
import { KserveError, parsing } from './kserve-error.ts';
import { LIMITS } from './schema.ts';
import { plainParameters, sequencePart } from './request-parameters.ts';
import { decodeTensor, decodeTensorHead } from './tensors.ts';

/** A request of KServe v2 `infer`: what to run, and how the answer is to be written. */
export interface KserveInfer {
  readonly id: string; // given back; '' is none
  readonly request: Pick<InferRequest, 'inputs' | 'outputs' | 'timeoutUs' | 'priority' |
    'requestId' | 'parameters' | 'sequence'>;
  /** Adds the times of the run to the answer's `parameters`. */
  readonly trace: boolean;
  /** Whether outputs come in binary that do not say. */
  readonly binary: boolean;
  readonly outputs: ReadonlyMap<string, WantedOutput>; // those that were named
}

export interface WantedOutput {
  readonly binary: boolean;
  readonly classes: number; // so many of the highest elements in place of all; 0 is all
}

/** A body, cut where its JSON ends. `raw`: it is the one input's bytes and no JSON. */
export interface InferBody {
  readonly json: Uint8Array;
  readonly binary: Uint8Array;
  readonly raw: boolean;
}

const ID_BYTES_MAX = 1024;
const TIMEOUT_US_MAX = LIMITS.deadlineMsMax * 1000;
const NOTHING = new Uint8Array(0);

/**
 * Cuts a body by its `Inference-Header-Content-Length`, '' when there is none: then all is JSON.
 * Fails with `bad_request`.
 */
export function cutBody(body: Uint8Array, header: string): InferBody {
  if (header === '') return { json: body, binary: NOTHING, raw: false };
  if (!/^-?\d{1,15}$/.test(header)) {
    const text = `Unable to parse Inference-Header-Content-Length, got: ${header.slice(0, 40)}`;
    throw new KserveError('bad_request', text);
  }
  const at = Number(header);
  if (at < 0 || at > body.byteLength) {
    const text = `inference header size should be in range (0, ${body.byteLength}), got: ${header}`;
    throw new KserveError('bad_request', text);
  }
  return { json: body.subarray(0, at), binary: body.subarray(at), raw: at === 0 };
}

/** A request without what stands behind its JSON: the same for all that begin with the same JSON. */
export interface InferPlan {
  readonly asked: KserveInfer; // without inputs
  readonly inputs: readonly PlannedInput[];
}

/** A tensor with its data, or with so many `bytes` of those behind the JSON. */
type PlannedInput = Omit<Tensor, 'data'> & ({ readonly data: Uint8Array } | { readonly bytes: number });

/**
 * `{id?, parameters?, inputs, outputs?}`; inputs bring their `data`, or `binary_data_size` bytes of
 * those behind the JSON, in order. Binary tensors are views of the body. Fails with `bad_request`,
 * `bad_argument`, `bad_tensor`, or `unsupported` for shared memory.
 */
export function decodeInferRequest(
  { json, binary }: Pick<InferBody, 'json' | 'binary'>, model: string,
): KserveInfer {
  return fillPlan(decodePlan(json, model), binary, model);
}

/** The plan with its tensors. Fails with `bad_tensor` where they are not what it says. */
export function fillPlan({ asked, inputs }: InferPlan, binary: Uint8Array, model: string): KserveInfer {
  let at = 0;
  const tensors = inputs.map((input): Tensor => {
    if ('data' in input) return input;
    const { name, datatype, shape, bytes } = input;
    const missing = at + bytes - binary.byteLength;
    if (missing > 0) {
      throw new KserveError('bad_tensor',
        `unexpected size for input '${name}', expecting ${missing} additional bytes for model ` +
          `'${model}'`);
    }
    const tensor = { name, datatype, shape, data: binary.subarray(at, at + bytes) };
    at += bytes;
    checkSize(tensor, model);
    return tensor;
  });
  if (at !== binary.byteLength) {
    throw new KserveError('bad_tensor', `unexpected additional input data for model '${model}'`);
  }
  return { ...asked, request: { ...asked.request, inputs: tensors } };
}

/** What `fillPlan` then gives its tensors. Fails as `decodeInferRequest` does. */
export function decodePlan(json: Uint8Array, model: string): InferPlan {
  const fields = decodeHead(json);
  const id = parsing('id', () =>
    fields.raw('id') === '' ? '' : (fields.optionalText('id', ID_BYTES_MAX) ?? ''));
  const parameters = decodeParameters(fields);
  const inputs = parsing('inputs', () =>
    fields.list('inputs', 0, LIMITS.tensorsMax, decodeInput));
  const outputs = new Map(parsing('outputs', () =>
    fields.optionalList('outputs', LIMITS.tensorsMax, (value, where) =>
      decodeOutput(value, where, parameters.binary))) ?? []);
  const { timeoutUs, priority, trace } = parameters;
  const request = {
    inputs: [],
    ...(outputs.size === 0 ? {} : { outputs: [...outputs.keys()] }),
    ...(timeoutUs === 0 ? {} : { timeoutUs }),
    ...(priority === 0 ? {} : { priority }),
    ...(id === '' ? {} : { requestId: id }),
    ...parameters.said,
  };
  return { asked: { id, trace, binary: parameters.binary, outputs, request }, inputs };
}

/** A raw request: the body is the model's only input, of one row; its outputs come in binary. */
export function rawInferRequest(
  body: Uint8Array, specs: readonly TensorSpec[], batches: boolean, model: string,
): KserveInfer {
  const [spec] = specs;
  if (specs.length !== 1 || !spec) {
    throw new KserveError('bad_request',
      'Raw request must only have 1 input (found 1) to be deduced but got ' +
        `${specs.length} inputs in '${model}' model configuration`);
  }
  const { name, datatype, dims } = spec;
  if (datatype === 'BYTES') {
    // The body is the text itself: its length goes before it.
    if (dims.some((size) => size !== 1)) {
      throw new KserveError('bad_request',
        `For BYTE datatype raw input '${name}', the model must have input shape [1]`);
    }
    return rawInfer({
      name, datatype, shape: batches ? [1, ...dims] : [...dims], data: packTexts([body]),
    });
  }
  const open = dims.indexOf(-1);
  if (open !== dims.lastIndexOf(-1)) {
    throw new KserveError('bad_request',
      'The shape of the raw input cannot be deduced because there are more than one ' +
        'variable-sized dimension');
  }
  const rest = elements(dims.filter((size) => size >= 0)) * DATATYPE_BYTES[datatype];
  const own = dims.map((size) => (size >= 0 ? size : Math.floor(body.byteLength / rest)));
  const tensor = { name, datatype, shape: batches ? [1, ...own] : own, data: body };
  checkSize(tensor, model);
  return rawInfer(tensor);
}

function rawInfer(tensor: Tensor): KserveInfer {
  return { id: '', trace: false, binary: true, outputs: new Map(), request: { inputs: [tensor] } };
}

function decodeHead(json: Uint8Array): Fields {
  try {
    return Fields.of(decodeJson(json), 'an infer request');
  } catch (error) {
    if (!(error instanceof ServeError)) throw error;
    const text = `failed to parse the request JSON buffer: ${error.detail}`;
    throw new KserveError(error.code, text, error);
  }
}

interface Parameters {
  readonly timeoutUs: number; // 0: none
  readonly priority: number;
  readonly trace: boolean;
  readonly binary: boolean;
  /** What the model's rollout, cache or sequences may go by. */
  readonly said: Pick<InferRequest, 'parameters' | 'sequence'>;
}

function decodeParameters(fields: Fields): Parameters {
  const read = parametersOf(fields);
  if (read === null) return { timeoutUs: 0, priority: 0, trace: false, binary: false, said: {} };
  for (const [name, value] of read.entries()) {
    if (name.startsWith('triton_')) {
      throw new KserveError('bad_argument',
        "parameter keys starting with 'triton_' are reserved for Triton usage and should not be " +
          'specified.');
    }
    if (['string', 'number', 'bigint', 'boolean'].includes(typeof value)) continue;
    throw new KserveError('bad_argument',
      `parameter '${name}' has invalid type. It should be either 'int', 'bool', or 'string'.`);
  }
  const sequence = parsing('sequence_id', () => sequencePart(read));
  return {
    said: { parameters: plainParameters(read), ...(sequence ? { sequence } : {}) },
    timeoutUs: Math.min(parsing('timeout', () => unsigned(read, 'timeout')), TIMEOUT_US_MAX),
    priority: parsing('priority', () => unsigned(read, 'priority')),
    trace: parsing('trace', () => read.flag('trace')) ?? false,
    binary: parsing('binary_data_output', () => read.flag('binary_data_output')) ?? false,
  };
}

/** An integer from 0; what is beyond 2^53 is as good as that. */
function unsigned(fields: Fields, name: string): number {
  const value = fields.raw(name);
  if (typeof value === 'bigint' && value > 0n && value < 2n ** 64n) return Number.MAX_SAFE_INTEGER;
  return fields.optionalInteger(name, 0, Number.MAX_SAFE_INTEGER) ?? 0;
}

function decodeInput(value: unknown, where: Where): PlannedInput {
  const fields = Fields.of(value, 'a tensor', where);
  const parameters = parametersOf(fields);
  const shared = parameters?.has('shared_memory_region') ?? false;
  const sized = parameters?.has('binary_data_size') ?? false;
  const ways = [
    ...(fields.has('data') ? ["'data'"] : []),
    ...(sized ? ["'binary_data_size'"] : []),
    ...(shared ? ["'shared_memory_region'"] : []),
  ];
  if (ways.length !== 1) {
    const but = ways.length === 0 ? 'no field is set' : `set ${ways.join(' ')}`;
    throw new KserveError('bad_request',
      "Input must set only one of the following fields: 'data', 'binary_data_size' in " +
        `'parameters', 'shared_memory_region' in 'parameters'. But ${but}`);
  }
  if (shared) throw sharedMemory();
  if (!sized || !parameters) return decodeTensor(value, where);
  const bytes = parsing('binary_data_size', () => unsigned(parameters, 'binary_data_size'));
  return { ...decodeTensorHead(fields), bytes };
}

/** Fails with `bad_tensor` unless the bytes are as many as the shape asks for. */
function checkSize(tensor: Tensor, model: string): void {
  const { name, datatype, shape, data } = tensor;
  if (datatype === 'BYTES') return parsing('inputs', () => assertBytes(tensor));
  const want = elements(shape) * DATATYPE_BYTES[datatype];
  if (want === data.byteLength) return;
  throw new KserveError('bad_tensor',
    `input byte size mismatch for input '${name}' for model '${model}'. Expected ${want}, got ` +
      `${data.byteLength}`);
}

function decodeOutput(value: unknown, where: Where, binary: boolean): [string, WantedOutput] {
  const fields = Fields.of(value, 'an output', where);
  const parameters = parametersOf(fields);
  if (parameters?.has('shared_memory_region')) throw sharedMemory();
  const name = parsing('name', () => fields.text('name', LIMITS.idBytesMax));
  return [name, {
    binary: parsing('binary_data', () => parameters?.flag('binary_data')) ?? binary,
    classes: parsing('classification', () =>
      parameters ? unsigned(parameters, 'classification') : 0),
  }];
}

function parametersOf(fields: Fields): Fields | null {
  return parsing('parameters', () => {
    const value = fields.raw('parameters');
    return value === undefined ? null : Fields.of(value, 'parameters', fields.at('parameters'));
  });
}

function sharedMemory(): KserveError {
  return new KserveError('unsupported', 'shared memory is not supported: send the tensor itself');
}
