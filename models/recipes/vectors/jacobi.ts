export interface Eigen {
  readonly values: Float64Array; // falling
  readonly vectors: Float64Array; // [size, size]: column c belongs to values[c]
}

const SWEEPS_MAX = 60;

/** Eigenvalues and eigenvectors of a small symmetric matrix `[size, size]`, by Jacobi rotations. */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  const a = matrix.slice();
  const v = new Float64Array(size * size);
  for (let i = 0; i < size; i += 1) v[i * size + i] = 1;
  const scale = a.reduce((sum, x) => sum + x * x, 0);
  for (let sweep = 0; sweep < SWEEPS_MAX && offDiagonal(a, size) > 1e-24 * scale; sweep += 1) {
    for (let p = 0; p < size; p += 1) {
      for (let q = p + 1; q < size; q += 1) rotate(a, v, size, p, q);
    }
  }
  const order = Array.from({ length: size }, (_, i) => i)
    .sort((i, j) => (a[j * size + j] as number) - (a[i * size + i] as number));
  const vectors = new Float64Array(size * size);
  order.forEach((from, to) => {
    for (let row = 0; row < size; row += 1) {
      vectors[row * size + to] = v[row * size + from] as number;
    }
  });
  return { values: Float64Array.from(order, (i) => a[i * size + i] as number), vectors };
}

function offDiagonal(a: Float64Array, size: number): number {
  let sum = 0;
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j < i; j += 1) sum += (a[i * size + j] as number) ** 2;
  }
  return sum;
}

/** Turns the plane of axes p and q so that a[p, q] becomes 0. */
function rotate(a: Float64Array, v: Float64Array, size: number, p: number, q: number): void {
  const apq = a[p * size + q] as number;
  if (apq === 0) return;
  const theta = ((a[q * size + q] as number) - (a[p * size + p] as number)) / (2 * apq);
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (let i = 0; i < size; i += 1) turn(a, i * size + p, i * size + q, c, s);
  for (let i = 0; i < size; i += 1) turn(a, p * size + i, q * size + i, c, s);
  for (let i = 0; i < size; i += 1) turn(v, i * size + p, i * size + q, c, s);
}

function turn(values: Float64Array, at: number, other: number, c: number, s: number): void {
  const x = values[at] as number;
  const y = values[other] as number;
  values[at] = c * x - s * y;
  values[other] = s * x + c * y;
}
