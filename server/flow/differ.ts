import type { Tensor } from '../core/tensor.ts';

/**
 * Whether two answers are not the same: floats by more than `tolerance`, relative above 1 and
 * absolute below; all else at all. NaN is like NaN.
 */
export function differ(
  ones: readonly Tensor[], others: readonly Tensor[], tolerance: number,
): boolean {
  if (ones.length !== others.length) return true;
  return ones.some((one) => {
    const other = others.find(({ name }) => name === one.name);
    return !other || unlike(one, other, tolerance);
  });
}

function unlike(one: Tensor, other: Tensor, tolerance: number): boolean {
  if (one.datatype !== other.datatype || one.data.byteLength !== other.data.byteLength) return true;
  if (one.shape.join() !== other.shape.join()) return true;
  const bytes = { FP32: 4, FP64: 8 }[one.datatype as string];
  if (bytes === undefined) return Buffer.compare(one.data, other.data) !== 0;
  const views = [one, other].map(({ data }) =>
    new DataView(data.buffer, data.byteOffset, data.byteLength)) as [DataView, DataView];
  for (let at = 0; at < one.data.byteLength; at += bytes) {
    const [a, b] = views.map((view) =>
      bytes === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true)) as [number, number];
    if (Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(a), Math.abs(b))) continue;
    return true;
  }
  return false;
}
