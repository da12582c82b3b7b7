/** Values for a model's inputs: made, or out of a file as perf_analyzer's `--input-data` has it. */
import { readFileSync } from 'node:fs';
import { Prng } from '../../server/core/prng.ts';
import {
  DATATYPE_ARRAYS, DATATYPE_BYTES, elements, isDatatype, packTexts, type Tensor, type TensorDatatype,
} from '../../server/core/tensor.ts';
import type { ModelInfo, TensorInfo } from './model-info.ts';
import { LoadProblem } from './problem.ts';
import { parseJson } from './template.ts';

export interface InputOptions {
  /** `random`, `zero`, or a file. */
  readonly data: string;
  readonly batchSize: number;
  /** Sizes for inputs of any size, without the batch dimension. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly stringLength: number;
  readonly seed: number;
  /** Requests to be made, where they are random. */
  readonly count: number;
}

/** The inputs of each request: as many rows as the batch has. */
export function makeInputs(model: ModelInfo, options: InputOptions): Tensor[][] {
  const { batchSize } = options;
  if (batchSize > Math.max(1, model.batchMax)) {
    throw new LoadProblem(`'${model.name}' takes ${Math.max(1, model.batchMax)} rows in a request, not ${batchSize}`);
  }
  const rows = rowsOf(model, options);
  const count = Math.min(options.count, rows.length);
  return Array.from({ length: Math.max(1, count) }, (_, i) => {
    const its = Array.from({ length: batchSize }, (_, row) => rows[(i * batchSize + row) % rows.length] as Tensor[]);
    return (its[0] as Tensor[]).map((first, at): Tensor => {
      const parts = its.map((row) => row[at] as Tensor);
      if (parts.some(({ shape }) => shape.join() !== first.shape.join())) {
        throw new LoadProblem(`rows of unlike shapes of '${first.name}' in one request`);
      }
      const shape = model.batchMax > 0 ? [batchSize, ...first.shape] : first.shape;
      return { ...first, shape, data: Buffer.concat(parts.map(({ data }) => data)) };
    });
  });
}

function rowsOf(model: ModelInfo, options: InputOptions): Tensor[][] {
  const { data, seed, count, batchSize } = options;
  if (data !== 'random' && data !== 'zero') return readRows(model, data, options);
  const prng = new Prng(seed);
  const wanted = model.inputs.filter(({ optional }) => !optional);
  const rows = data === 'zero' ? 1 : count * batchSize;
  return Array.from({ length: rows }, () =>
    wanted.map((input) => made(input, shapeOf(input, options), data === 'zero' ? null : prng, options)));
}

function shapeOf(input: TensorInfo, { shapes }: InputOptions): readonly number[] {
  const shape = shapes[input.name] ?? input.shape;
  if (shape.every((size) => size >= 0)) return shape;
  const any = `the input '${input.name}' is of any size (${input.shape.join()})`;
  throw new LoadProblem(`${any}: say which, --shape ${input.name}:SIZE,…`);
}

const INTEGERS_END = 128; // random integers: they fit every type, and small vocabularies

/** Floats of [0, 1), integers below 128, texts of letters; without `prng` zeros and empty texts. */
function made(input: TensorInfo, shape: readonly number[], prng: Prng | null, { stringLength }: InputOptions): Tensor {
  const count = elements(shape);
  const { name, datatype } = input;
  const head = { name, datatype: datatype as TensorDatatype, shape };
  if (datatype === 'BYTES') {
    const letter = () => 97 + (prng?.below(26) ?? 0);
    const texts = Array.from({ length: count }, () => Uint8Array.from({ length: prng ? stringLength : 0 }, letter));
    return { ...head, data: packTexts(texts) };
  }
  if (!isDatatype(datatype)) throw new LoadProblem(`the datatype ${datatype} of '${name}' is not known`);
  const bytes = new Uint8Array(count * DATATYPE_BYTES[datatype]);
  if (prng === null) return { ...head, data: bytes };
  const values = Array.from({ length: count }, () => {
    if (datatype === 'BOOL') return prng.below(2);
    return datatype.startsWith('FP') || datatype === 'BF16' ? prng.float() : prng.below(INTEGERS_END);
  });
  return { ...head, data: packed(datatype, values, name) };
}

/** `{"data": [{"INPUT": [1, 2] | {"content": […], "shape": […]} | {"b64": "…"}}, …]}`, a row an entry. */
function readRows(model: ModelInfo, path: string, options: InputOptions): Tensor[][] {
  const file = parseJson(readFileSync(path, 'utf8'), path) as { data?: unknown };
  const refuse = (what: string): never => {
    throw new LoadProblem(`${path}: ${what}`);
  };
  if (!Array.isArray(file?.data) || file.data.length === 0) return refuse("'data' is an empty list or none");
  const rows = file.data.flat() as Record<string, unknown>[]; // a list of lists: sequences
  return rows.map((row, i) => {
    const strange = Object.keys(row ?? {}).find((name) => !model.inputs.some((input) => input.name === name));
    if (strange) refuse(`row ${i}: '${model.name}' has no input '${strange}'`);
    return model.inputs.flatMap((input): Tensor[] => {
      const value = row?.[input.name];
      if (value === undefined) return input.optional ? [] : refuse(`row ${i} has no '${input.name}'`);
      return [tensorOf(input, value, options, (what) => refuse(`row ${i}, '${input.name}': ${what}`))];
    });
  });
}

function tensorOf(
  input: TensorInfo, value: unknown, options: InputOptions, refuse: (what: string) => never,
): Tensor {
  const given = (Array.isArray(value) ? { content: value } : value) as {
    content?: unknown[] | { b64?: string };
    b64?: string;
    shape?: number[];
  };
  const { name } = input;
  const datatype = input.datatype as TensorDatatype;
  const inner = given.content !== undefined && !Array.isArray(given.content) ? given.content.b64 : undefined;
  const base64 = given.b64 ?? inner;
  const values = Array.isArray(given.content) ? given.content.flat(Infinity) : [];
  const fixed = input.shape.every((size) => size >= 0) ? input.shape : options.shapes[name];
  const shape = given.shape ?? fixed ?? [values.length];
  const head = { name, datatype, shape };
  if (base64 !== undefined) return { ...head, data: Buffer.from(base64, 'base64') };
  const wanted = elements(shape);
  if (values.length !== wanted) refuse(`${values.length} values where [${shape.join()}] wants ${wanted}`);
  if (datatype === 'BYTES') return { ...head, data: packTexts(values.map((text) => Buffer.from(String(text)))) };
  if (!isDatatype(datatype)) return refuse(`the datatype ${datatype} is not known`);
  return { ...head, data: packed(datatype, values.map(Number), name) };
}

function packed(datatype: keyof typeof DATATYPE_BYTES, values: readonly number[], name: string): Uint8Array {
  if (datatype === 'FP16' || datatype === 'BF16') {
    // Only what both can hold is ever made here; a file gives such tensors as base64.
    return new Uint8Array(Uint16Array.from(values, (value) => halfBits(datatype, value)).buffer);
  }
  if (values.some((value) => !Number.isFinite(value))) throw new LoadProblem(`'${name}' holds what is no number`);
  const array = new DATATYPE_ARRAYS[datatype](values.length) as unknown as (number | bigint)[];
  const big = datatype === 'INT64' || datatype === 'UINT64';
  values.forEach((value, i) => (array[i] = big ? BigInt(Math.round(value)) : value));
  return new Uint8Array((array as unknown as Float32Array).buffer);
}

/** Cut off, not rounded. FP16: values of magnitude below 2^-14 become 0. */
function halfBits(datatype: 'FP16' | 'BF16', value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer)[0] as number;
  if (datatype === 'BF16') return bits >>> 16;
  const exponent = ((bits >>> 23) & 0xff) - 112;
  if (exponent <= 0) return (bits >>> 16) & 0x8000;
  return ((bits >>> 16) & 0x8000) | (Math.min(exponent, 30) << 10) | ((bits >>> 13) & 0x3ff);
}
