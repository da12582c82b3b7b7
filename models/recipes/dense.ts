import assert from 'node:assert/strict';
import { Prng } from '../../server/core/prng.ts';

export type Activation = 'linear' | 'relu' | 'tanh' | 'sigmoid' | 'softmax';

/** One dense layer: `out = activation(in × weight + bias)`. */
export interface DenseLayer {
  readonly inputs: number;
  readonly units: number;
  readonly weight: Float32Array; // [inputs, units], row-major, as tfjs and Gemm (transB 0) keep it
  readonly bias: Float32Array; // [units]
  readonly activation: Activation;
}

/** Dense layers in a row, with the names a runtime shows to callers. */
export interface DenseModel {
  readonly name: string;
  readonly input: string;
  readonly output: string;
  readonly layers: readonly DenseLayer[]; // at least one; each takes what the one before gives
}

/**
 * A multilayer perceptron with seeded weights (He et al. 2015: normal, variance 2 / inputs, so that
 * activations keep their size), relu between and `last` at the end. Nothing was learned: for
 * benches and tests. `widths` are the input width, then the units of every layer.
 */
export function seededMlp(
  seed: number,
  widths: readonly number[],
  last: Activation = 'linear',
  names = { name: 'mlp', input: 'input', output: 'output' },
): DenseModel {
  assert.ok(widths.length >= 2);
  const prng = new Prng(seed);
  const layers = widths.slice(1).map((units, at): DenseLayer => {
    const inputs = widths[at] as number;
    const weight = prng.row(inputs * units).map((value) => value * Math.sqrt(2 / inputs));
    const bias = prng.row(units).map((value) => value * 0.1);
    return { inputs, units, weight, bias, activation: at === widths.length - 2 ? last : 'relu' };
  });
  return { ...names, layers };
}

/** The model on one row, as straight loops in double precision: the oracle of the written files. */
export function runDense(model: DenseModel, row: Float32Array): Float32Array {
  let values = Float64Array.from(row);
  for (const layer of model.layers) {
    assert.equal(values.length, layer.inputs);
    const out = Float64Array.from(layer.bias);
    for (let i = 0; i < layer.inputs; i += 1) {
      const value = values[i] as number;
      for (let u = 0; u < layer.units; u += 1) {
        out[u] = (out[u] as number) + value * (layer.weight[i * layer.units + u] as number);
      }
    }
    values = activate(out, layer.activation);
  }
  return Float32Array.from(values);
}

type Doubles = Float64Array<ArrayBuffer>;

function activate(values: Doubles, activation: Activation): Doubles {
  switch (activation) {
    case 'linear': return values;
    case 'relu': return values.map((x) => Math.max(0, x));
    case 'tanh': return values.map(Math.tanh);
    case 'sigmoid': return values.map((x) => 1 / (1 + Math.exp(-x)));
    case 'softmax': {
      const largest = values.reduce((most, x) => Math.max(most, x), -Infinity);
      const powers = values.map((x) => Math.exp(x - largest));
      const sum = powers.reduce((total, x) => total + x, 0);
      return powers.map((x) => x / sum);
    }
  }
}
