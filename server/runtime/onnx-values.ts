import {
  DATATYPE_ARRAYS, packTexts, type Tensor, type TensorArray, type TensorDatatype, textsOf,
} from '../core/tensor.ts';

/** What an ONNX tensor of the package holds: numbers, or texts. */
export type OnnxValue = TensorArray | string[];

/** The tensor's elements as the package takes them. Texts have been found to be UTF-8. */
export function valueOf(tensor: Tensor): OnnxValue {
  const { datatype, data } = tensor;
  if (datatype === 'BYTES') {
    return Array.from(textsOf(tensor), (bytes) => Buffer.from(bytes).toString());
  }
  const values = DATATYPE_ARRAYS[datatype];
  return new values(new Uint8Array(data).buffer as ArrayBuffer); // aligned, and its own
}

/**
 * Elements that the package gave, in memory of their own. Throws where they are of another type.
 */
export function blockOf(
  datatype: TensorDatatype, given: OnnxValue,
): { readonly datatype: TensorDatatype; readonly data: Uint8Array } {
  if (Array.isArray(given)) {
    if (datatype !== 'BYTES') throw new Error(`the output is of texts, and not ${datatype}`);
    return { datatype, data: packTexts(given.map((text) => Buffer.from(text))) };
  }
  return { datatype, data: new Uint8Array(given.buffer, given.byteOffset, given.byteLength).slice() };
}
