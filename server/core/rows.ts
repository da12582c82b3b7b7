/**
 * Rows between a slab's slots and one dense block. Neighbouring slots are copied together: a call
 * costs more than the bytes of a small row.
 */

/** Row i of `block` becomes what slot `slots[i]` of `region` holds. */
export function gatherRows(
  region: Uint8Array, slots: Int32Array, rows: number, rowBytes: number, block: Uint8Array,
): void {
  for (let row = 0; row < rows; ) {
    const end = neighboursEnd(slots, row, rows);
    const from = (slots[row] as number) * rowBytes;
    block.set(region.subarray(from, from + (end - row) * rowBytes), row * rowBytes);
    row = end;
  }
}

/** Slot `slots[i]` of `region` becomes row i of `block`. */
export function scatterRows(
  block: Uint8Array, slots: Int32Array, rows: number, rowBytes: number, region: Uint8Array,
): void {
  for (let row = 0; row < rows; ) {
    const end = neighboursEnd(slots, row, rows);
    const to = (slots[row] as number) * rowBytes;
    region.set(block.subarray(row * rowBytes, end * rowBytes), to);
    row = end;
  }
}

/** First row after `row` whose slot does not follow the slot before it. */
function neighboursEnd(slots: Int32Array, row: number, rows: number): number {
  let end = row + 1;
  while (end < rows && slots[end] === (slots[end - 1] as number) + 1) end += 1;
  return end;
}
