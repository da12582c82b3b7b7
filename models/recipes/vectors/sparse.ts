/** A square matrix by rows: row r is cells `starts[r] .. starts[r + 1)`. */
export interface SparseMatrix {
  readonly rows: number;
  readonly starts: Uint32Array;
  readonly columns: Int32Array;
  readonly values: Float64Array;
}

/** `matrix × block`; `block` is `[rows, width]`, row-major. */
export function times(matrix: SparseMatrix, block: Float64Array, width: number): Float64Array {
  const product = new Float64Array(matrix.rows * width);
  for (let row = 0; row < matrix.rows; row += 1) {
    const base = row * width;
    const end = matrix.starts[row + 1] as number;
    for (let at = matrix.starts[row] as number; at < end; at += 1) {
      const value = matrix.values[at] as number;
      const from = (matrix.columns[at] as number) * width;
      for (let j = 0; j < width; j += 1) {
        product[base + j] = (product[base + j] as number) + value * (block[from + j] as number);
      }
    }
  }
  return product;
}

/** `matrixᵀ × block` */
export function transposedTimes(
  matrix: SparseMatrix, block: Float64Array, width: number,
): Float64Array {
  const product = new Float64Array(matrix.rows * width);
  for (let row = 0; row < matrix.rows; row += 1) {
    const base = row * width;
    const end = matrix.starts[row + 1] as number;
    for (let at = matrix.starts[row] as number; at < end; at += 1) {
      const value = matrix.values[at] as number;
      const to = (matrix.columns[at] as number) * width;
      for (let j = 0; j < width; j += 1) {
        product[to + j] = (product[to + j] as number) + value * (block[base + j] as number);
      }
    }
  }
  return product;
}
