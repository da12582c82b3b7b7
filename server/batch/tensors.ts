import { isUtf8 } from 'node:buffer';
import { shapeOfRows } from '../catalog/model-config.ts';
import { ServeError } from '../core/errors.ts';
import { firstInfinite, firstNonFinite } from '../core/finite.ts';
import { gatherRows, scatterRows } from '../core/rows.ts';
import { assertBytes, type Tensor, type TensorSpec, textsOf } from '../core/tensor.ts';
import type { Job, Lane, LaneTensor } from './lane.ts';

/**
 * Rows that the tensors hold, once each of them has been found to fit the lane: names, datatypes,
 * shapes, bytes, and no infinity; no NaN either, unless the model takes it for missing. Fails with
 * `bad_tensor` saying what was sent and what the model takes.
 */
export function checkInputs(lane: Lane, tensors: readonly Tensor[]): number {
  let rows = 0;
  for (const { spec } of lane.inputs) {
    const tensor = findTensor(lane, tensors, spec);
    const own = checkShape(lane, tensor, spec);
    if (rows !== 0 && own !== rows) {
      const [first] = lane.inputs;
      throw bad(`input '${spec.name}' batch size does not match other inputs for '${lane.model}': ` +
        `it has ${own} rows, '${first?.spec.name}' has ${rows}`);
    }
    rows = own;
    assertBytes(tensor);
    checkFinite(tensor, lane.config.parameters.missing === 'nan');
    if (tensor.datatype === 'BYTES' && lane.config.platform === 'onnxruntime_onnx') {
      checkTexts(tensor);
    }
  }
  for (const { name } of tensors) {
    if (lane.inputs.every(({ spec }) => spec.name !== name)) {
      throw bad(`unexpected inference input '${name}' for model '${lane.model}', which takes ` +
        names(lane.inputs));
    }
  }
  return rows;
}

/** Copies checked tensors into the job's slots. */
export function writeInputs(lane: Lane, job: Job, tensors: readonly Tensor[]): void {
  if (lane.loose) return lane.loose.put(job, lane, tensors);
  for (const { spec, rowBytes, bytes } of lane.inputs) {
    const tensor = tensors.find(({ name }) => name === spec.name) as Tensor;
    scatterRows(tensor.data, job.slots, job.rows, rowBytes, bytes);
  }
}

/** The job's outputs in memory of their own; all of them where `wanted` names none. */
export function readOutputs(lane: Lane, job: Job, wanted?: readonly string[]): Tensor[] {
  const chosen = wanted ? wanted.map((name) => findOutput(lane, name)) : lane.outputs;
  const { loose } = lane;
  if (loose) return chosen.map((output) => loose.output(job, lane, output));
  return chosen.map(({ spec, rowBytes, bytes }) => {
    const data = new Uint8Array(job.rows * rowBytes);
    gatherRows(bytes, job.slots, job.rows, rowBytes, data);
    const { name, datatype } = spec;
    return { name, datatype, shape: shapeOfRows(lane.config, spec.dims, job.rows), data };
  });
}

/** Fails with `bad_tensor` when the lane lacks one of the outputs. */
export function checkOutputs(lane: Lane, wanted: readonly string[]): void {
  for (const name of wanted) findOutput(lane, name);
}

function findOutput(lane: Lane, wanted: string): LaneTensor {
  const output = lane.outputs.find(({ spec }) => spec.name === wanted);
  if (output) return output;
  throw bad(`unexpected inference output '${wanted}' for model '${lane.model}', which gives ` +
    names(lane.outputs));
}

function findTensor(lane: Lane, tensors: readonly Tensor[], spec: TensorSpec): Tensor {
  const found = tensors.filter(({ name }) => name === spec.name);
  if (found.length === 1) return found[0] as Tensor;
  if (found.length > 1) throw bad(`'${spec.name}' is given ${found.length} times`);
  const [want, got] = [lane.inputs.length, tensors.length];
  throw bad(`expected ${want} inputs but got ${got} inputs for model '${lane.model}'. Got input(s) ` +
    `[${tensors.map(({ name }) => `'${name}'`).join(', ')}], but missing required input(s) ` +
    `['${spec.name}']. Please provide all required input(s).`);
}

/** The tensor's rows. */
function checkShape(lane: Lane, tensor: Tensor, spec: TensorSpec): number {
  if (tensor.datatype !== spec.datatype) {
    throw bad(`inference input '${spec.name}' data-type is '${tensor.datatype}', but model ` +
      `'${lane.model}' expects '${spec.datatype}'`);
  }
  const batches = lane.config.max_batch_size > 0;
  const rows = batches ? (tensor.shape[0] ?? 0) : 1;
  const own = batches ? tensor.shape.slice(1) : tensor.shape;
  const fits = own.length === spec.dims.length &&
    own.every((size, at) => size === spec.dims[at] || spec.dims[at] === -1);
  if (!fits || (batches && tensor.shape.length === 0)) {
    const want = batches ? [-1, ...spec.dims] : spec.dims;
    const [must, got] = [want.join(','), tensor.shape.join(',')];
    const note = batches ? '. NOTE: the first size is the number of rows (max_batch_size)' : '';
    throw bad(`unexpected shape for input '${spec.name}' for model '${lane.model}'. Expected ` +
      `[${must}], got [${got}]${note}`);
  }
  if (rows < 1 || rows > lane.rowsMax) {
    throw bad(`inference request batch-size must be <= ${lane.rowsMax} for '${lane.model}' and at ` +
      `least 1, got ${rows}`);
  }
  return rows;
}

/** ONNX takes UTF-8 alone, and its package cuts a text off at a zero. */
function checkTexts(tensor: Tensor): void {
  let at = 0;
  for (const text of textsOf(tensor)) {
    if (text.includes(0) || !isUtf8(text)) {
      throw bad(`'${tensor.name}' element ${at} is not UTF-8 without zeros, the only text that ` +
        'ONNX models take');
    }
    at += 1;
  }
}

function checkFinite({ name, datatype, data }: Tensor, missing: boolean): void {
  const at = firstNonFinite(datatype, data);
  if (at < 0) return;
  if (!missing || (datatype !== 'FP32' && datatype !== 'FP64')) {
    throw bad(`'${name}' element ${at} is NaN or infinite`);
  }
  const infinite = firstInfinite(datatype, data, at);
  if (infinite >= 0) throw bad(`'${name}' element ${infinite} is infinite`);
}

function names(tensors: readonly LaneTensor[]): string {
  return tensors.map(({ spec }) => `'${spec.name}'`).join(', ');
}

function bad(detail: string): ServeError {
  return new ServeError('bad_tensor', detail);
}
