/**
 * Rows whose tensors have no size of their own: texts, or sizes that each request brings. They have
 * no place in a slab; they are kept one by one and travel with the run that they are part of.
 */
import { ServeError } from './errors.ts';
import { elements, type Tensor } from './tensor.ts';

/** One row of one tensor. */
export interface LooseValue {
  readonly shape: readonly number[]; // without the batch dimension
  readonly data: Uint8Array;
}
/** One row: its values in the order of the model's tensors. */
export type LooseRow = readonly LooseValue[];

/** A tensor in its rows, which are views of its data. `batches`: the first size is their number. */
export function looseValues(tensor: Tensor, rows: number, batches: boolean): LooseValue[] {
  const shape = batches ? tensor.shape.slice(1) : tensor.shape;
  const ends = tensor.datatype === 'BYTES'
    ? textEnds(tensor.data, rows, elements(shape))
    : Array.from({ length: rows }, (_, row) => (tensor.data.byteLength / rows) * (row + 1));
  return ends.map((end, row) => ({
    shape, data: tensor.data.subarray(row === 0 ? 0 : ends[row - 1], end),
  }));
}

/** The rows' values as one block. Fails with `backend` where they differ in shape. */
export function stacked(values: readonly LooseValue[], batches: boolean): LooseValue {
  const [first] = values as [LooseValue];
  if (values.length === 1) return batches ? { ...first, shape: [1, ...first.shape] } : first;
  const strange = values.find(({ shape }) => shape.join() !== first.shape.join());
  if (strange) {
    const shapes = [first, strange].map(({ shape }) => `[${shape.join(',')}]`).join(' and ');
    throw new ServeError('backend', `rows of one request were answered with shapes ${shapes}`);
  }
  const data = new Uint8Array(values.reduce((bytes, value) => bytes + value.data.byteLength, 0));
  let at = 0;
  for (const value of values) {
    data.set(value.data, at);
    at += value.data.byteLength;
  }
  return { shape: [values.length, ...first.shape], data };
}

/** Places of rows that can run together, since their values have the same shapes. */
export function alike(rows: readonly LooseRow[]): number[][] {
  const groups = new Map<string, number[]>();
  rows.forEach((row, place) => {
    const key = row.map(({ shape }) => shape.join()).join(';');
    const group = groups.get(key);
    if (group) group.push(place);
    else groups.set(key, [place]);
  });
  return [...groups.values()];
}

/** Where each row of `each` texts ends; the data holds them all. */
function textEnds(data: Uint8Array, rows: number, each: number): number[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 0;
  return Array.from({ length: rows }, () => {
    for (let text = 0; text < each; text += 1) at += 4 + view.getUint32(at, true);
    return at;
  });
}
