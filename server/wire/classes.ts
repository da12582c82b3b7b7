import { DATATYPE_BYTES, elements, packTexts, type Tensor } from '../core/tensor.ts';
import { KserveError } from './kserve-error.ts';

const READS = {
  UINT8: 'getUint8', UINT16: 'getUint16', UINT32: 'getUint32', UINT64: 'getBigUint64',
  INT8: 'getInt8', INT16: 'getInt16', INT32: 'getInt32', INT64: 'getBigInt64',
  FP32: 'getFloat32', FP64: 'getFloat64',
} as const;

/**
 * The `count` highest elements of each row as `BYTES` `[rows, count]`, or `[count]` where the model
 * takes no rows: `value:index`, and `:label` where there is one; fractions with six digits, as
 * Triton writes them. Of equal elements the first goes first. Fails with `bad_argument` for types
 * that have no order here.
 */
export function topClasses(
  tensor: Tensor, count: number, batches: boolean, labels: readonly string[],
): Tensor {
  const { name, datatype, shape, data } = tensor;
  if (!(datatype in READS)) {
    throw new KserveError('bad_argument',
      `class result not available for output due to unsupported type '${datatype}'`);
  }
  const type = datatype as keyof typeof READS;
  const rows = batches ? (shape[0] ?? 1) : 1;
  const width = elements(shape) / Math.max(1, rows);
  const kept = Math.min(count, width);
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const texts: Uint8Array[] = [];
  for (let row = 0; row < rows; row += 1) {
    const values = Array.from({ length: width }, (_, at) =>
      view[READS[type]]((row * width + at) * DATATYPE_BYTES[type], true));
    for (const at of highest(values, kept)) {
      const value = values[at] as number | bigint;
      const shown = type.startsWith('FP') ? (value as number).toFixed(6) : String(value);
      const label = labels[at] ?? '';
      texts.push(Buffer.from(`${shown}:${at}${label === '' ? '' : `:${label}`}`));
    }
  }
  const own = { name, datatype: 'BYTES' as const, data: packTexts(texts) };
  return { ...own, shape: batches ? [rows, kept] : [kept] };
}

function highest(values: readonly (number | bigint)[], count: number): number[] {
  const order = values.map((_, at) => at);
  order.sort((a, b) => {
    const [one, other] = [values[a] as number, values[b] as number];
    return one === other ? a - b : one > other ? -1 : 1;
  });
  return order.slice(0, count);
}
