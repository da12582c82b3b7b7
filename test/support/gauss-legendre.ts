/** Where and with which weights a function on [0, 1] is looked at to have its integral. */
export interface Quadrature {
  readonly nodes: Float64Array; // in (0, 1), rising
  readonly weights: Float64Array; // positive, their sum is 1
}

/**
 * Gauss-Legendre's rule: exact for polynomials up to degree 2 * count - 1. The nodes are the roots of
 * the Legendre polynomial, found by Newton's method from Chebyshev's approximation.
 */
export function gaussLegendre(count: number): Quadrature {
  const nodes = new Float64Array(count);
  const weights = new Float64Array(count);
  for (let i = 0; i < count; i += 1) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5));
    let slope = 1;
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const [value, derivative] = legendre(count, x);
      slope = derivative;
      x -= value / derivative;
      if (Math.abs(value / derivative) < 1e-16) break;
    }
    nodes[count - 1 - i] = (1 + x) / 2;
    weights[count - 1 - i] = 1 / ((1 - x * x) * slope * slope);
  }
  return { nodes, weights };
}

const STEPS_MAX = 50;

/** The polynomial of degree n at x, and its derivative there. */
function legendre(n: number, x: number): [number, number] {
  let before = 1;
  let value = x;
  for (let k = 2; k <= n; k += 1) {
    [before, value] = [value, ((2 * k - 1) * x * value - (k - 1) * before) / k];
  }
  return [value, (n * (x * value - before)) / (x * x - 1)];
}
