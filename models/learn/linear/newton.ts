import { OBJECTIVES, type Objective } from '../objective.ts';

/** Weighted rows of a generalised linear model; the last column is the intercept's ones. */
export interface Design {
  readonly width: number; // columns, the intercept's among them
  readonly rows: Float64Array; // [rows, width], row-major
  readonly labels: Float64Array;
  readonly weights: Float64Array;
}

const ROUNDS = 60;
const SMALL = 1e-10; // a step that moves no coefficient further ends it
const RIDGE = 1e-9; // so that columns that say the same, and the intercept, have one answer

/**
 * The coefficients `[width]` of least `sum(weight × loss) + l2/2 × sum of their squares`, the
 * intercept's not counted: Newton's method, which for the logistic loss is iteratively reweighted
 * least squares (Nelder & Wedderburn 1972) and for the squared loss one step. Steps that would make
 * it worse are halved.
 */
export function newton(design: Design, objective: Objective, l2: number): Float64Array {
  const { width, rows, labels, weights } = design;
  const count = labels.length;
  const { derive, loss } = OBJECTIVES[objective];
  const weightSum = weights.reduce((sum, weight) => sum + weight, 0);
  const halved = objective === 'squared' ? 0.5 : 1; // derivatives are of half the square
  const g = new Float64Array(count);
  const h = new Float64Array(count);
  const price = (at: Float64Array, margins: Float64Array): number =>
    halved * loss(margins, labels, weights) * weightSum + (l2 / 2) * squares(at);
  let at = new Float64Array(width);
  let margins = marginsOf(rows, at);
  let now = price(at, margins);
  for (let round = 0; round < ROUNDS; round += 1) {
    derive(margins, labels, weights, g, h);
    const step = solve(...normal(rows, width, g, h, at, l2));
    let scale = 1;
    let tried = moved(at, step, scale);
    let triedMargins = marginsOf(rows, tried);
    let then = price(tried, triedMargins);
    while (!(then <= now) && scale > 1e-6) {
      scale /= 2;
      tried = moved(at, step, scale);
      triedMargins = marginsOf(rows, tried);
      then = price(tried, triedMargins);
    }
    if (!(then <= now)) break; // as low as doubles can tell
    [at, margins, now] = [tried, triedMargins, then];
    if (step.every((x) => Math.abs(x) * scale < SMALL)) break;
  }
  return at;
}

function squares(at: Float64Array): number {
  let sum = 0;
  for (let i = 0; i + 1 < at.length; i += 1) sum += (at[i] as number) ** 2;
  return sum;
}

function moved(at: Float64Array, step: Float64Array, scale: number): Float64Array<ArrayBuffer> {
  return Float64Array.from(at, (x, i) => x - scale * (step[i] as number));
}

function marginsOf(rows: Float64Array, at: Float64Array): Float64Array {
  const width = at.length;
  const margins = new Float64Array(rows.length / width);
  for (let row = 0; row < margins.length; row += 1) {
    let sum = 0;
    for (let i = 0; i < width; i += 1) {
      sum += (rows[row * width + i] as number) * (at[i] as number);
    }
    margins[row] = sum;
  }
  return margins;
}

/** The matrix of second derivatives, its lower half, and the gradient. */
function normal(
  rows: Float64Array, width: number, g: Float64Array, h: Float64Array, at: Float64Array, l2: number,
): [Float64Array, Float64Array] {
  const matrix = new Float64Array(width * width);
  const gradient = new Float64Array(width);
  const filled = new Uint32Array(width); // one-hot columns are mostly zeros
  for (let row = 0; row < g.length; row += 1) {
    const base = row * width;
    let count = 0;
    for (let i = 0; i < width; i += 1) if (rows[base + i] !== 0) filled[count++] = i;
    const slope = g[row] as number;
    const curve = h[row] as number;
    for (let a = 0; a < count; a += 1) {
      const i = filled[a] as number;
      const x = rows[base + i] as number;
      gradient[i] = (gradient[i] as number) + slope * x;
      const scaled = curve * x;
      for (let b = 0; b <= a; b += 1) {
        const j = filled[b] as number;
        const cell = i * width + j;
        matrix[cell] = (matrix[cell] as number) + scaled * (rows[base + j] as number);
      }
    }
  }
  for (let i = 0; i < width; i += 1) {
    const penalty = i + 1 < width ? l2 : 0;
    matrix[i * width + i] = (matrix[i * width + i] as number) + penalty + RIDGE;
    gradient[i] = (gradient[i] as number) + penalty * (at[i] as number);
  }
  return [matrix, gradient];
}

/** Solves `matrix × x = right` by Cholesky's method; of the matrix only the lower half is read. */
function solve(matrix: Float64Array, right: Float64Array): Float64Array {
  const n = right.length;
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = matrix[i * n + j] as number;
      for (let k = 0; k < j; k += 1) {
        sum -= (matrix[i * n + k] as number) * (matrix[j * n + k] as number);
      }
      matrix[i * n + j] = i === j
        ? Math.sqrt(Math.max(sum, RIDGE * RIDGE))
        : sum / (matrix[j * n + j] as number);
    }
  }
  const x = Float64Array.from(right);
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) {
      x[i] = (x[i] as number) - (matrix[i * n + k] as number) * (x[k] as number);
    }
    x[i] = (x[i] as number) / (matrix[i * n + i] as number);
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) {
      x[i] = (x[i] as number) - (matrix[k * n + i] as number) * (x[k] as number);
    }
    x[i] = (x[i] as number) / (matrix[i * n + i] as number);
  }
  return x;
}
