import { Prng } from '../../../server/core/prng.ts';
import type { DenseLayer } from '../dense.ts';
import { Parameter } from '../encoder/parameter.ts';
import type { IntentExamples } from './examples.ts';

const BATCH = 256;

/**
 * A dense network with one output, trained on 0/1 labels by cross-entropy. Inputs are standardised
 * by the training rows' mean and deviation; `layers` has that folded into the first layer, so that
 * the written model takes features as they are.
 */
export class DenseTrainer {
  readonly #weights: Parameter[] = [];
  readonly #biases: Parameter[] = [];
  readonly #values: Float64Array[]; // by layer: what goes in; the last is the logit
  readonly #slopes: Float64Array[];
  readonly #mean: Float64Array;
  readonly #deviation: Float64Array;
  readonly #prng: Prng;
  #steps = 0;

  /** `widths` are the inputs, then the units of each layer; the last is 1. */
  constructor(private readonly widths: readonly number[], train: IntentExamples, seed: number) {
    this.#prng = new Prng(seed);
    this.#values = widths.map((width) => new Float64Array(width));
    this.#slopes = widths.map((width) => new Float64Array(width));
    for (let layer = 0; layer + 1 < widths.length; layer += 1) {
      const inputs = widths[layer] as number;
      const units = widths[layer + 1] as number;
      const weight = new Parameter(1, inputs * units);
      const scale = Math.sqrt(2 / inputs);
      weight.values.forEach((_, i) => { weight.values[i] = scale * this.#prng.normal(); });
      this.#weights.push(weight);
      this.#biases.push(new Parameter(1, units));
    }
    ({ mean: this.#mean, deviation: this.#deviation } = spread(train.rows, widths[0] as number));
    const rate = train.bought.reduce((sum, label) => sum + label, 0) / train.bought.length;
    this.#biases.at(-1)!.values[0] = Math.log(rate / (1 - rate)); // starts from the base rate
  }

  /** The logit of a row; the probability is its logistic function. */
  logit(row: Float32Array): number {
    const input = this.#values[0]!;
    for (let i = 0; i < input.length; i += 1) {
      input[i] = ((row[i] as number) - (this.#mean[i] as number)) / (this.#deviation[i] as number);
    }
    this.#weights.forEach((weight, layer) => {
      const from = this.#values[layer]!;
      const to = this.#values[layer + 1]!;
      to.set(this.#biases[layer]!.values);
      for (let i = 0; i < from.length; i += 1) {
        const x = from[i] as number;
        if (x === 0) continue;
        const base = i * to.length;
        for (let u = 0; u < to.length; u += 1) {
          to[u] = (to[u] as number) + x * (weight.values[base + u] as number);
        }
      }
      if (layer === this.#weights.length - 1) return;
      for (let u = 0; u < to.length; u += 1) to[u] = Math.max(0, to[u] as number);
    });
    return this.#values.at(-1)![0] as number;
  }

  /** One pass over the examples in a new order. Returns the mean loss. */
  epoch(train: IntentExamples, rate: number): number {
    const order = Uint32Array.from(train.rows, (_, i) => i);
    for (let i = order.length - 1; i > 0; i -= 1) {
      const j = this.#prng.below(i + 1);
      [order[i], order[j]] = [order[j] as number, order[i] as number];
    }
    let loss = 0;
    for (let from = 0; from < order.length; from += BATCH) {
      const batch = order.subarray(from, from + BATCH);
      for (const i of batch) {
        const label = train.bought[i] as number;
        const logit = this.logit(train.rows[i]!);
        const chance = 1 / (1 + Math.exp(-logit));
        loss += Math.max(0, logit) - logit * label + Math.log1p(Math.exp(-Math.abs(logit)));
        this.#back((chance - label) / batch.length);
      }
      this.#steps += 1;
      for (const parameter of [...this.#weights, ...this.#biases]) {
        parameter.update(this.#steps, rate);
      }
    }
    return loss / order.length;
  }

  /** Adds the last row's part to the gradients; `slope` is that of the loss by the logit. */
  #back(slope: number): void {
    this.#slopes.at(-1)![0] = slope;
    for (let layer = this.#weights.length - 1; layer >= 0; layer -= 1) {
      const weight = this.#weights[layer]!;
      const bias = this.#biases[layer]!;
      const from = this.#values[layer]!;
      const slopes = this.#slopes[layer + 1]!;
      weight.touch(0);
      bias.touch(0);
      slopes.forEach((s, u) => { bias.gradient[u] = (bias.gradient[u] as number) + s; });
      for (let i = 0; i < from.length; i += 1) {
        const x = from[i] as number;
        const base = i * slopes.length;
        let sum = 0;
        for (let u = 0; u < slopes.length; u += 1) {
          const s = slopes[u] as number;
          weight.gradient[base + u] = (weight.gradient[base + u] as number) + x * s;
          sum += s * (weight.values[base + u] as number);
        }
        this.#slopes[layer]![i] = x > 0 ? sum : 0; // relu; the inputs' own slopes are not used
      }
    }
  }

  snapshot(): Float32Array[] {
    return [...this.#weights, ...this.#biases].map((parameter) => parameter.values.slice());
  }

  restore(values: readonly Float32Array[]): void {
    [...this.#weights, ...this.#biases].forEach((parameter, i) => parameter.values.set(values[i]!));
  }

  /** The network as layers, its logit times `slope` plus `shift` (a calibration) in the last. */
  layers(slope = 1, shift = 0): DenseLayer[] {
    return this.#weights.map((weight, layer): DenseLayer => {
      const inputs = this.widths[layer] as number;
      const units = this.widths[layer + 1] as number;
      const last = layer === this.#weights.length - 1;
      const w = Float64Array.from(weight.values);
      const b = Float64Array.from(this.#biases[layer]!.values);
      if (layer === 0) this.#foldScale(w, b, units);
      const scale = last ? slope : 1;
      return {
        inputs,
        units,
        weight: Float32Array.from(w, (x) => x * scale),
        bias: Float32Array.from(b, (x) => x * scale + (last ? shift : 0)),
        activation: last ? 'sigmoid' : 'relu',
      };
    });
  }

  /** (x - mean) / deviation, moved from the input into weights and bias. */
  #foldScale(weight: Float64Array, bias: Float64Array, units: number): void {
    this.#mean.forEach((mean, i) => {
      for (let u = 0; u < units; u += 1) {
        const scaled = (weight[i * units + u] as number) / (this.#deviation[i] as number);
        weight[i * units + u] = scaled;
        bias[u] = (bias[u] as number) - scaled * mean;
      }
    });
  }
}

/** A feature that never varies keeps its scale. */
function spread(
  rows: readonly Float32Array[], width: number,
): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  for (const row of rows) row.forEach((x, i) => { mean[i] = (mean[i] as number) + x; });
  mean.forEach((sum, i) => { mean[i] = sum / rows.length; });
  for (const row of rows) {
    row.forEach((x, i) => { square[i] = (square[i] as number) + (x - (mean[i] as number)) ** 2; });
  }
  const deviation = square.map((sum) => {
    const root = Math.sqrt(sum / rows.length);
    return root > 1e-6 ? root : 1;
  });
  return { mean, deviation };
}
