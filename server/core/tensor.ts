import { ServeError } from './errors.ts';

/** KServe v2 datatypes of fixed width, with the bytes of one element. */
export const DATATYPE_BYTES = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
} as const;
export type Datatype = keyof typeof DATATYPE_BYTES;

export type TensorArray =
  | Float32Array | Float64Array | Int8Array | Uint8Array | Int16Array | Uint16Array
  | Int32Array | Uint32Array | BigInt64Array | BigUint64Array;
interface TensorArrayConstructor {
  new (length: number): TensorArray;
  new (memory: ArrayBuffer): TensorArray;
}

/** The array whose elements have the datatype's width; half floats are seen as their bits. */
export const DATATYPE_ARRAYS: { readonly [Name in Datatype]: TensorArrayConstructor } = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  BF16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array,
};

export function isDatatype(name: string): name is Datatype {
  return Object.hasOwn(DATATYPE_BYTES, name);
}

/** What a tensor may hold: numbers, or `BYTES`, whose elements have a length each. */
export type TensorDatatype = Datatype | 'BYTES';

/**
 * A named block of values: `data` holds `elements(shape)` of them, little-endian, row-major. An
 * element of `BYTES` is its length in four bytes, then as many bytes.
 */
export interface Tensor {
  readonly name: string;
  readonly datatype: TensorDatatype;
  readonly shape: readonly number[];
  /** Not necessarily aligned to the element size: it may be a view of a received message. */
  readonly data: Uint8Array;
}

/** What a model says of one of its tensors, without the batch dimension. -1 is any size. */
export interface TensorSpec {
  readonly name: string;
  readonly datatype: TensorDatatype;
  readonly dims: readonly number[];
}

/** The product of the sizes; 1 for a scalar. Sizes are non-negative integers. */
export function elements(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}

/** Fails with `bad_tensor` unless the bytes are just as many as datatype and shape ask for. */
export function assertBytes(tensor: Tensor): void {
  if (tensor.datatype === 'BYTES') return assertTexts(tensor);
  const want = elements(tensor.shape) * DATATYPE_BYTES[tensor.datatype];
  if (tensor.data.byteLength === want) return;
  throw new ServeError(
    'bad_tensor',
    `'${tensor.name}' ${tensor.datatype}[${tensor.shape.join(',')}] needs ${want} bytes, ` +
      `got ${tensor.data.byteLength}`,
  );
}

/** Fails with `bad_tensor` unless the bytes are `elements(shape)` whole elements of `BYTES`. */
function assertTexts({ name, shape, data }: Tensor): void {
  const want = elements(shape);
  const got = countTexts(data);
  if (got === want) return;
  const found = got < 0 ? 'the last of which is cut short' : `got ${got}`;
  throw new ServeError(
    'bad_tensor',
    `'${name}' BYTES[${shape.join(',')}] needs ${want} elements with their lengths, ${found}`,
  );
}

/** Elements of `BYTES` in the data; -1 where the last one reaches past the end. */
function countTexts(data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let count = 0;
  for (let at = 0; at < data.byteLength; count += 1) {
    if (at + LENGTH_BYTES > data.byteLength) return -1;
    at += LENGTH_BYTES + view.getUint32(at, true);
    if (at > data.byteLength) return -1;
  }
  return count;
}

const LENGTH_BYTES = 4; // before each element of `BYTES`

/** The elements of a `BYTES` tensor that `assertBytes` has passed: views of its data. */
export function* textsOf({ data }: Tensor): Generator<Uint8Array> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = 0; at < data.byteLength; ) {
    const from = at + LENGTH_BYTES;
    at = from + view.getUint32(at, true);
    yield data.subarray(from, at);
  }
}

/** The data of a `BYTES` tensor with these elements. */
export function packTexts(texts: readonly Uint8Array[]): Uint8Array {
  const bytes = texts.reduce((sum, text) => sum + LENGTH_BYTES + text.byteLength, 0);
  const data = new Uint8Array(bytes);
  const view = new DataView(data.buffer);
  let at = 0;
  for (const text of texts) {
    view.setUint32(at, text.byteLength, true);
    data.set(text, at + LENGTH_BYTES);
    at += LENGTH_BYTES + text.byteLength;
  }
  return data;
}

/** The tensor's FP32 values. Copies only when the bytes are not aligned. */
export function float32View({ data }: Tensor): Float32Array {
  // Not `data.slice()`: of a Buffer that is a view, at the same odd place.
  const aligned = data.byteOffset % 4 === 0 ? data : new Uint8Array(data);
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
}

/** An FP32 tensor over `values`; the memory is shared, not copied. */
export function float32Tensor(
  name: string,
  shape: readonly number[],
  values: Float32Array,
): Tensor {
  const data = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, datatype: 'FP32', shape, data };
}
