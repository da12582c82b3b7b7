/** Files of vectors as other programs write them. */

/** A matrix `[rows, dim]`. */
export interface Matrix {
  readonly dim: number;
  readonly values: Float32Array;
}

export function fvecsBytes({ dim, values }: Matrix): Buffer {
  const rows = values.length / dim;
  const bytes = Buffer.alloc(rows * (4 + dim * 4));
  for (let row = 0; row < rows; row += 1) {
    const at = row * (4 + dim * 4);
    bytes.writeInt32LE(dim, at);
    for (let d = 0; d < dim; d += 1) bytes.writeFloatLE(values[row * dim + d] as number, at + 4 + d * 4);
  }
  return bytes;
}

/** float32, row by row or column by column. */
export function npyBytes({ dim, values }: Matrix, byColumn = false): Buffer {
  const rows = values.length / dim;
  const data = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => {
    const [row, d] = [Math.floor(i / dim), i % dim];
    data.writeFloatLE(value, 4 * (byColumn ? d * rows + row : i));
  });
  const order = byColumn ? 'True' : 'False';
  return npyFile(`{'descr': '<f4', 'fortran_order': ${order}, 'shape': (${rows}, ${dim}), }`, data);
}

/** A `.npy` of version 1 with this head and these bytes behind it. */
export function npyFile(head: string, data: Buffer): Buffer {
  const padded = head.padEnd(Math.ceil((head.length + 11) / 64) * 64 - 11) + '\n';
  const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
  start.writeUInt16LE(padded.length, 8);
  return Buffer.concat([start, Buffer.from(padded, 'latin1'), data]);
}

export function jsonlText({ dim, values }: Matrix, idOf?: (row: number) => string | number): string {
  const rows = Array.from({ length: values.length / dim }, (_, row) => {
    const vector = Array.from(values.subarray(row * dim, (row + 1) * dim));
    return JSON.stringify(idOf ? { id: idOf(row), vector } : { vector });
  });
  return rows.map((row) => row + '\n').join('');
}
