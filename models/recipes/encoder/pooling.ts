import type { EncoderWeights } from './weights.ts';

/**
 * Sessions to vectors and back: the formula at `EncoderWeights`, and its derivative by hand. Holds
 * a batch's intermediate results between the two.
 */
export class Pooling {
  readonly vectors: Float32Array; // [batch, dim], valid until the row's next `forward`
  readonly #sums: Float32Array; // [batch, dim], u
  readonly #norms: Float32Array; // [batch], |u|
  readonly #shares: Float32Array; // [batch, length], weight_i
  readonly #slope: Float64Array; // [dim], of the loss by u
  readonly #itemSlopes: Float64Array; // [length], of the loss by weight_i

  constructor(private readonly weights: EncoderWeights, batch: number) {
    const { dim, length } = weights.shape;
    this.vectors = new Float32Array(batch * dim);
    this.#sums = new Float32Array(batch * dim);
    this.#norms = new Float32Array(batch);
    this.#shares = new Float32Array(batch * length);
    this.#slope = new Float64Array(dim);
    this.#itemSlopes = new Float64Array(length);
  }

  /** Row `row` of `vectors` for the session `items[start .. end)`, 1..length items, newest last. */
  forward(row: number, items: Int32Array, start: number, end: number): void {
    const { dim, length, temperature } = this.weights.shape;
    const embedding = this.weights.embedding.values;
    const position = this.weights.position.values;
    const gate = this.weights.gate.values;
    const pair = this.weights.pair.values;
    const shares = this.#shares;
    const count = end - start;
    const last = (items[end - 1] as number) * dim;
    const first = row * length;

    let highest = -Infinity;
    for (let i = 0; i < count; i += 1) {
      const item = (items[start + i] as number) * dim;
      let logit = position[count - 1 - i] as number;
      for (let j = 0; j < dim; j += 1) {
        const pull = (gate[j] as number) + (pair[j] as number) * (embedding[last + j] as number);
        logit += (embedding[item + j] as number) * pull;
      }
      shares[first + i] = logit;
      if (logit > highest) highest = logit;
    }
    let total = 0;
    for (let i = 0; i < count; i += 1) {
      const power = Math.exp((shares[first + i] as number) - highest);
      shares[first + i] = power;
      total += power;
    }
    this.#turnLast(row, last);
    for (let i = 0; i < count; i += 1) {
      const share = (shares[first + i] as number) / total;
      shares[first + i] = share;
      this.#addItem(row, (items[start + i] as number) * dim, share);
    }
    this.#scale(row, temperature);
  }

  /** u = turn e_n */
  #turnLast(row: number, last: number): void {
    const { dim } = this.weights.shape;
    const turn = this.weights.turn.values;
    const embedding = this.weights.embedding.values;
    for (let j = 0; j < dim; j += 1) {
      let sum = 0;
      for (let k = 0; k < dim; k += 1) {
        sum += (turn[j * dim + k] as number) * (embedding[last + k] as number);
      }
      this.#sums[row * dim + j] = sum;
    }
  }

  #addItem(row: number, item: number, share: number): void {
    const { dim } = this.weights.shape;
    const embedding = this.weights.embedding.values;
    const sums = this.#sums;
    const base = row * dim;
    for (let j = 0; j < dim; j += 1) {
      sums[base + j] = (sums[base + j] as number) + share * (embedding[item + j] as number);
    }
  }

  #scale(row: number, temperature: number): void {
    const { dim } = this.weights.shape;
    const base = row * dim;
    let square = 0;
    for (let j = 0; j < dim; j += 1) square += (this.#sums[base + j] as number) ** 2;
    const norm = Math.sqrt(square) + 1e-8;
    this.#norms[row] = norm;
    for (let j = 0; j < dim; j += 1) {
      this.vectors[base + j] = (this.#sums[base + j] as number) / norm / temperature;
    }
  }

  /**
   * Adds to the parameters' gradients what follows from `slopes`, the derivative of the loss by
   * row `row` of `vectors`. Comes after the `forward` of the same row and session.
   */
  backward(
    row: number, items: Int32Array, start: number, end: number, slopes: Float32Array,
  ): void {
    this.#throughScale(row, slopes);
    this.#throughTurn((items[end - 1] as number));
    const { dim, length } = this.weights.shape;
    const embedding = this.weights.embedding.values;
    const slope = this.#slope;
    const count = end - start;
    let mean = 0;
    for (let i = 0; i < count; i += 1) {
      const item = (items[start + i] as number) * dim;
      let sum = 0;
      for (let j = 0; j < dim; j += 1) {
        sum += (slope[j] as number) * (embedding[item + j] as number);
      }
      this.#itemSlopes[i] = sum;
      mean += sum * (this.#shares[row * length + i] as number);
    }
    for (let i = 0; i < count; i += 1) {
      const share = this.#shares[row * length + i] as number;
      const logit = share * ((this.#itemSlopes[i] as number) - mean); // softmax's derivative
      this.#throughItem(items[start + i] as number, items[end - 1] as number, share, logit);
      const { position } = this.weights;
      position.touch(0);
      position.gradient[count - 1 - i] = (position.gradient[count - 1 - i] as number) + logit;
    }
  }

  /** vector = u / |u| / temperature: only what is square to u comes through. */
  #throughScale(row: number, slopes: Float32Array): void {
    const { dim, temperature } = this.weights.shape;
    const base = row * dim;
    const norm = this.#norms[row] as number;
    let along = 0;
    for (let j = 0; j < dim; j += 1) {
      along += (slopes[base + j] as number) * (this.#sums[base + j] as number);
    }
    along /= norm * norm;
    for (let j = 0; j < dim; j += 1) {
      const square = (slopes[base + j] as number) - along * (this.#sums[base + j] as number);
      this.#slope[j] = square / norm / temperature;
    }
  }

  #throughTurn(last: number): void {
    const { dim } = this.weights.shape;
    const { embedding, turn } = this.weights;
    const base = last * dim;
    embedding.touch(last);
    for (let j = 0; j < dim; j += 1) {
      turn.touch(j);
      const slope = this.#slope[j] as number;
      for (let k = 0; k < dim; k += 1) {
        const at = j * dim + k;
        turn.gradient[at] = (turn.gradient[at] as number) +
          slope * (embedding.values[base + k] as number);
        embedding.gradient[base + k] = (embedding.gradient[base + k] as number) +
          slope * (turn.values[at] as number);
      }
    }
  }

  /** Through weight_i e_i, and through e_i's own part in the logit of weight_i. */
  #throughItem(item: number, last: number, share: number, logit: number): void {
    const { dim } = this.weights.shape;
    const { embedding, gate, pair } = this.weights;
    const values = embedding.values;
    const gradient = embedding.gradient;
    embedding.touch(item);
    gate.touch(0);
    pair.touch(0);
    for (let j = 0; j < dim; j += 1) {
      const at = item * dim + j;
      const end = last * dim + j;
      const x = values[at] as number;
      const y = values[end] as number;
      const p = pair.values[j] as number;
      gradient[at] = (gradient[at] as number) + share * (this.#slope[j] as number) +
        logit * ((gate.values[j] as number) + p * y);
      gradient[end] = (gradient[end] as number) + logit * p * x;
      gate.gradient[j] = (gate.gradient[j] as number) + logit * x;
      pair.gradient[j] = (pair.gradient[j] as number) + logit * x * y;
    }
  }
}
