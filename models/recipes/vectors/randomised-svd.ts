import { Prng } from '../../../server/core/prng.ts';
import { symmetricEigen } from './jacobi.ts';
import { times, transposedTimes, type SparseMatrix } from './sparse.ts';

export interface LeftFactors {
  readonly left: Float64Array; // [rows, rank], orthonormal columns
  readonly values: Float64Array; // [rank], singular values, falling
}

const EXTRA = 16; // columns beyond the rank: the last wanted ones converge faster
const ROUNDS = 5;

/**
 * The first `rank` left singular vectors of a sparse matrix by block power iteration from a random
 * start (Halko, Martinsson & Tropp 2011). `rank` is at most the matrix's size. `round` is called
 * after each round with the share done.
 */
export function leftFactors(
  matrix: SparseMatrix, rank: number, seed: number,
  round: (share: number) => void = () => undefined,
): LeftFactors {
  const width = Math.min(matrix.rows, rank + EXTRA);
  const prng = new Prng(seed);
  let basis: Float64Array = Float64Array.from(
    { length: matrix.rows * width }, () => prng.normal());
  orthonormalise(basis, width);
  for (let i = 0; i < ROUNDS; i += 1) {
    basis = times(matrix, transposedTimes(matrix, basis, width), width);
    orthonormalise(basis, width);
    round((i + 1) / ROUNDS);
  }
  // basisᵀ M Mᵀ basis is small: its eigenvectors turn the basis to the singular directions.
  const projected = transposedTimes(matrix, basis, width); // Mᵀ basis
  const { values, vectors } = symmetricEigen(gram(projected, width), width);
  const left = new Float64Array(matrix.rows * rank);
  for (let row = 0; row < matrix.rows; row += 1) {
    for (let c = 0; c < rank; c += 1) {
      let sum = 0;
      for (let k = 0; k < width; k += 1) {
        sum += (basis[row * width + k] as number) * (vectors[k * width + c] as number);
      }
      left[row * rank + c] = sum;
    }
  }
  const singular = values.subarray(0, rank).map((value) => Math.sqrt(Math.max(0, value)));
  return { left, values: singular };
}

/** blockᵀ block, `[width, width]` */
function gram(block: Float64Array, width: number): Float64Array {
  const product = new Float64Array(width * width);
  for (let base = 0; base < block.length; base += width) {
    for (let i = 0; i < width; i += 1) {
      const x = block[base + i] as number;
      for (let j = i; j < width; j += 1) {
        const at = i * width + j;
        product[at] = (product[at] as number) + x * (block[base + j] as number);
      }
    }
  }
  for (let i = 0; i < width; i += 1) {
    for (let j = 0; j < i; j += 1) product[i * width + j] = product[j * width + i] as number;
  }
  return product;
}

/**
 * Makes the columns orthonormal by way of their Gram matrix (block = Q Λ^½ Vᵀ), twice, since once
 * leaves the square of the rounding errors. Directions that are not there become zero.
 */
function orthonormalise(block: Float64Array, width: number): void {
  for (let pass = 0; pass < 2; pass += 1) {
    const { values, vectors } = symmetricEigen(gram(block, width), width);
    const least = 1e-12 * Math.max(0, values[0] as number);
    const scales = values.map((value) => (value > least ? 1 / Math.sqrt(value) : 0));
    const row = new Float64Array(width);
    for (let base = 0; base < block.length; base += width) {
      row.set(block.subarray(base, base + width));
      for (let c = 0; c < width; c += 1) {
        let sum = 0;
        for (let k = 0; k < width; k += 1) {
          sum += (row[k] as number) * (vectors[k * width + c] as number);
        }
        block[base + c] = sum * (scales[c] as number);
      }
    }
  }
}
