/** The loops that the networks of this room share: dense layers forward and back, and Adam. */

/** to = from × weight [inputs, units] + bias */
export function dense(
  from: Float64Array, weight: Float64Array, bias: Float64Array, to: Float64Array,
): void {
  const units = to.length;
  to.set(bias);
  for (let i = 0; i < from.length; i += 1) {
    const x = from[i] as number;
    if (x === 0) continue;
    const base = i * units;
    for (let u = 0; u < units; u += 1) {
      to[u] = (to[u] as number) + x * (weight[base + u] as number);
    }
  }
}

/** Adds to the gradients, and sets the slopes by the first `count` inputs. */
export function denseBack(
  from: Float64Array, weight: Float64Array, slopes: Float64Array,
  dWeight: Float64Array, dBias: Float64Array, fromSlopes: Float64Array, count = from.length,
): void {
  const units = slopes.length;
  for (let u = 0; u < units; u += 1) dBias[u] = (dBias[u] as number) + (slopes[u] as number);
  for (let i = 0; i < from.length; i += 1) {
    const x = from[i] as number;
    const base = i * units;
    if (i < count) {
      let sum = 0;
      for (let u = 0; u < units; u += 1) {
        sum += (slopes[u] as number) * (weight[base + u] as number);
      }
      fromSlopes[i] = sum;
    }
    if (x === 0) continue;
    for (let u = 0; u < units; u += 1) {
      dWeight[base + u] = (dWeight[base + u] as number) + x * (slopes[u] as number);
    }
  }
}

/** Adam with decoupled weight decay (Loshchilov & Hutter 2019); clears the gradient. */
export class Adam {
  readonly #mean: Float64Array;
  readonly #square: Float64Array;
  #steps = 0;

  constructor(size: number) {
    this.#mean = new Float64Array(size);
    this.#square = new Float64Array(size);
  }

  update(values: Float64Array, gradient: Float64Array, rate: number, decay: number): void {
    const mean = this.#mean;
    const square = this.#square;
    this.#steps += 1;
    const meanBias = 1 / (1 - 0.9 ** this.#steps);
    const squareBias = 1 / (1 - 0.999 ** this.#steps);
    for (let i = 0; i < values.length; i += 1) {
      const g = gradient[i] as number;
      const m = 0.9 * (mean[i] as number) + 0.1 * g;
      const s = 0.999 * (square[i] as number) + 0.001 * g * g;
      mean[i] = m;
      square[i] = s;
      const value = values[i] as number;
      const way = (m * meanBias) / (Math.sqrt(s * squareBias) + 1e-8);
      values[i] = value - rate * (way + decay * value);
      gradient[i] = 0;
    }
  }
}
