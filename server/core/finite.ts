import type { TensorDatatype } from './tensor.ts';

/**
 * Index of the first element that is NaN or infinite, or -1. Only floating types can hold one: all
 * exponent bits set. Reads bytes at any alignment.
 */
export function firstNonFinite(datatype: TensorDatatype, data: Uint8Array): number {
  switch (datatype) {
    case 'FP32': return floats(data);
    case 'FP64': return scan(data, 8, 0x7ff0_0000);
    case 'FP16': return scan(data, 2, 0x7c00);
    case 'BF16': return scan(data, 2, 0x7f80);
    default: return -1;
  }
}

/** Index of the first element from `from` on that is infinite, NaN passed over, or -1. */
export function firstInfinite(datatype: 'FP32' | 'FP64', data: Uint8Array, from: number): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = datatype === 'FP32' ? 4 : 8;
  for (let i = from; i < data.byteLength / width; i += 1) {
    const value = width === 4 ? view.getFloat32(i * 4, true) : view.getFloat64(i * 8, true);
    if (Math.abs(value) === Infinity) return i;
  }
  return -1;
}

/** Where aligned, the usual case is one pass: `x * 0` is 0 for finite x and NaN for every other. */
function floats(data: Uint8Array): number {
  if (data.byteOffset % 4 !== 0) return scan(data, 4, 0x7f80_0000);
  const values = new Float32Array(data.buffer, data.byteOffset, data.byteLength >> 2);
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += (values[i] as number) * 0;
  return sum === 0 ? -1 : scan(data, 4, 0x7f80_0000);
}

/** Looks at the high half of each element, where sign and exponent are (little-endian). */
function scan(data: Uint8Array, width: 2 | 4 | 8, exponent: number): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const count = Math.floor(data.byteLength / width);
  for (let i = 0; i < count; i += 1) {
    const high =
      width === 2 ? view.getUint16(i * 2, true) : view.getUint32(i * width + width - 4, true);
    if ((high & exponent) === exponent) return i;
  }
  return -1;
}
