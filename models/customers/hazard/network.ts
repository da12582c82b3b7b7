import { dense, denseBack } from '../dense-layers.ts';
import type { HazardSamples } from './samples.ts';
import { emptyWeights, type HazardWeights } from './weights.ts';

/** One row forward and back through the formulas at `HazardWeights`; inputs are standardised. */
export class HazardNetwork {
  readonly gradient: HazardWeights; // added to by `learn`; the caller clears it
  readonly logits: Float64Array; // [bins], of the last row
  readonly #states: Float64Array; // [length + 1, state]: before the first purchase, then after each
  readonly #gates: Float64Array; // [length, 3 state]: z, r, c
  readonly #reset: Float64Array; // [state], r h
  readonly #joined: Float64Array; // [state + features]
  readonly #hidden: Float64Array;
  readonly #slopes: Float64Array; // [3 state], of the loss by what goes into the gates
  readonly #stateSlope: Float64Array;
  readonly #hiddenSlope: Float64Array;
  readonly #logitSlope: Float64Array;
  readonly #resetSlope: Float64Array;

  constructor(readonly weights: HazardWeights) {
    const { length, features, state, hidden, bins } = weights.shape;
    this.gradient = emptyWeights(weights.shape);
    this.logits = new Float64Array(bins);
    this.#states = new Float64Array((length + 1) * state);
    this.#gates = new Float64Array(length * 3 * state);
    this.#reset = new Float64Array(state);
    this.#joined = new Float64Array(state + features);
    this.#hidden = new Float64Array(hidden);
    this.#slopes = new Float64Array(3 * state);
    this.#stateSlope = new Float64Array(state);
    this.#hiddenSlope = new Float64Array(hidden);
    this.#logitSlope = new Float64Array(bins);
    this.#resetSlope = new Float64Array(state);
  }

  /** The row's logits, in `logits`. */
  forward(samples: HazardSamples, row: number): void {
    const { shape, wide, wideBias, out, outBias } = this.weights;
    const { state, features, hidden } = shape;
    const steps = samples.lengths[row] as number;
    for (let step = 0; step < steps; step += 1) this.#step(samples, row, step, steps);
    const joined = this.#joined;
    for (let u = 0; u < state; u += 1) joined[u] = this.#states[steps * state + u] as number;
    for (let f = 0; f < features; f += 1) {
      joined[state + f] = samples.features[row * features + f] as number;
    }
    dense(joined, wide, wideBias, this.#hidden);
    for (let u = 0; u < hidden; u += 1) this.#hidden[u] = Math.max(0, this.#hidden[u] as number);
    dense(this.#hidden, out, outBias, this.logits);
  }

  #step(samples: HazardSamples, row: number, step: number, steps: number): void {
    const { shape, kernel, recurrent, gate } = this.weights;
    const { channels, length, state } = shape;
    const wide = 3 * state;
    const states = this.#states;
    const gates = this.#gates;
    const before = step * state;
    const base = step * wide;
    const x = (row * length + length - steps + step) * channels;
    for (let u = 0; u < wide; u += 1) gates[base + u] = gate[u] as number;
    for (let c = 0; c < channels; c += 1) {
      const value = samples.history[x + c] as number;
      const w = c * wide;
      for (let u = 0; u < wide; u += 1) {
        gates[base + u] = (gates[base + u] as number) + value * (kernel[w + u] as number);
      }
    }
    const two = 2 * state;
    if (step > 0) { // the state is zero before
      for (let s = 0; s < state; s += 1) {
        const value = states[before + s] as number;
        const w = s * wide;
        for (let u = 0; u < two; u += 1) {
          gates[base + u] = (gates[base + u] as number) + value * (recurrent[w + u] as number);
        }
      }
    }
    for (let u = 0; u < two; u += 1) {
      gates[base + u] = 1 / (1 + Math.exp(-(gates[base + u] as number)));
    }
    if (step > 0) {
      for (let s = 0; s < state; s += 1) {
        const value = (gates[base + state + s] as number) * (states[before + s] as number);
        const w = s * wide;
        for (let u = two; u < wide; u += 1) {
          gates[base + u] = (gates[base + u] as number) + value * (recurrent[w + u] as number);
        }
      }
    }
    for (let s = 0; s < state; s += 1) {
      const z = gates[base + s] as number;
      const c = Math.tanh(gates[base + two + s] as number);
      gates[base + two + s] = c;
      const h = step > 0 ? (states[before + s] as number) : 0;
      states[before + state + s] = z * h + (1 - z) * c;
    }
  }

  /**
   * The row's loss, negative log-likelihood in nats: survived bins and, if there was one, the bin of
   * the purchase. Its gradient times `weight` is added to `gradient`.
   */
  learn(samples: HazardSamples, row: number, weight: number): number {
    this.forward(samples, row);
    const { bins, state } = this.weights.shape;
    const survived = samples.survived[row] as number;
    const bought = samples.bought[row] === 1;
    const slope = this.#logitSlope;
    let loss = 0;
    slope.fill(0);
    for (let bin = 0; bin < Math.min(bins, survived + (bought ? 1 : 0)); bin += 1) {
      const logit = this.logits[bin] as number;
      const label = bin === survived ? 1 : 0;
      const chance = 1 / (1 + Math.exp(-logit));
      loss += Math.max(0, logit) - logit * label + Math.log1p(Math.exp(-Math.abs(logit)));
      slope[bin] = weight * (chance - label);
    }
    const { out, wide } = this.weights;
    const { gradient } = this;
    const hiddenSlope = this.#hiddenSlope;
    denseBack(this.#hidden, out, slope, gradient.out, gradient.outBias, hiddenSlope);
    for (let u = 0; u < hiddenSlope.length; u += 1) {
      if (this.#hidden[u] === 0) hiddenSlope[u] = 0;
    }
    denseBack(
      this.#joined, wide, hiddenSlope, gradient.wide, gradient.wideBias, this.#stateSlope, state);
    const steps = samples.lengths[row] as number;
    for (let step = steps - 1; step >= 0; step -= 1) this.#stepBack(samples, row, step, steps);
    return loss;
  }

  /** Takes `#stateSlope` from after a step to before it. */
  #stepBack(samples: HazardSamples, row: number, step: number, steps: number): void {
    const { shape, recurrent } = this.weights;
    const { channels, length, state } = shape;
    const wide = 3 * state;
    const two = 2 * state;
    const { kernel: dKernel, recurrent: dRecurrent, gate: dGate } = this.gradient;
    const states = this.#states;
    const gates = this.#gates;
    const base = step * wide;
    const before = step * state;
    const slopes = this.#slopes;
    const stateSlope = this.#stateSlope;
    const resetSlope = this.#resetSlope;
    for (let s = 0; s < state; s += 1) {
      const z = gates[base + s] as number;
      const c = gates[base + two + s] as number;
      const h = step > 0 ? (states[before + s] as number) : 0;
      const d = stateSlope[s] as number;
      slopes[s] = d * (h - c) * z * (1 - z);
      slopes[two + s] = d * (1 - z) * (1 - c * c);
      stateSlope[s] = d * z;
    }
    for (let s = 0; s < state; s += 1) {
      let sum = 0;
      const w = s * wide;
      if (step > 0) {
        for (let u = two; u < wide; u += 1) sum += (slopes[u] as number) * (recurrent[w + u] as number);
      }
      resetSlope[s] = sum;
      const r = gates[base + state + s] as number;
      const h = step > 0 ? (states[before + s] as number) : 0;
      slopes[state + s] = sum * h * r * (1 - r);
      stateSlope[s] = (stateSlope[s] as number) + sum * r;
    }
    const x = (row * length + length - steps + step) * channels;
    for (let u = 0; u < wide; u += 1) dGate[u] = (dGate[u] as number) + (slopes[u] as number);
    for (let c = 0; c < channels; c += 1) {
      const value = samples.history[x + c] as number;
      const w = c * wide;
      for (let u = 0; u < wide; u += 1) {
        dKernel[w + u] = (dKernel[w + u] as number) + value * (slopes[u] as number);
      }
    }
    if (step === 0) return;
    for (let s = 0; s < state; s += 1) {
      const h = states[before + s] as number;
      const rh = h * (gates[base + state + s] as number);
      const w = s * wide;
      let sum = 0;
      for (let u = 0; u < two; u += 1) {
        const slope = slopes[u] as number;
        dRecurrent[w + u] = (dRecurrent[w + u] as number) + h * slope;
        sum += slope * (recurrent[w + u] as number);
      }
      for (let u = two; u < wide; u += 1) {
        dRecurrent[w + u] = (dRecurrent[w + u] as number) + rh * (slopes[u] as number);
      }
      stateSlope[s] = (stateSlope[s] as number) + sum;
    }
  }
}
