import assert from 'node:assert/strict';

/**
 * Solves A x = b for a symmetric positive definite A `[n, n]`, row-major, by Cholesky's
 * decomposition. A pivot that is not positive next to its diagonal gives its unknown the value 0:
 * what the equations do not tell apart is not split up by rounding errors.
 */
export function solveSymmetric(a: Float64Array, b: Float64Array): Float64Array {
  const n = b.length;
  assert.equal(a.length, n * n);
  const lower = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = a[i * n + j] as number;
      for (let k = 0; k < j; k += 1) sum -= (lower[i * n + k] as number) * (lower[j * n + k] as number);
      if (i !== j) {
        const pivot = lower[j * n + j] as number;
        lower[i * n + j] = pivot === 0 ? 0 : sum / pivot;
      } else {
        lower[i * n + i] = sum > TINY * Math.abs(a[i * n + i] as number) ? Math.sqrt(sum) : 0;
      }
    }
  }
  const x = new Float64Array(n);
  for (let i = 0; i < n; i += 1) {
    let sum = b[i] as number;
    for (let k = 0; k < i; k += 1) sum -= (lower[i * n + k] as number) * (x[k] as number);
    x[i] = overPivot(sum, lower[i * n + i] as number);
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    let sum = x[i] as number;
    for (let k = i + 1; k < n; k += 1) sum -= (lower[k * n + i] as number) * (x[k] as number);
    x[i] = overPivot(sum, lower[i * n + i] as number);
  }
  return x;
}

const TINY = 1e-13;

function overPivot(value: number, pivot: number): number {
  return pivot === 0 ? 0 : value / pivot;
}
