import assert from 'node:assert/strict';
import { type Activation, type DenseLayer, type DenseModel, runDense } from '../recipes/dense.ts';
import { OnnxGraphBuilder, type Value } from '../recipes/onnx/graph.ts';

/** Pieces that each way from a baseline is cut into; without hidden layers one is exact. */
export function piecesOf({ layers }: DenseModel): number {
  return layers.length === 1 ? 1 : 32;
}

/**
 * Integrated gradients (Sundararajan, Taly & Yan 2017) of a dense network as an ONNX model of its own,
 * with forward and backward pass: an explanation is then a batch like any other, on whatever runs
 * ONNX. `features` FP32 [rows, n] to `contribution` FP32 [rows, n + 1]: what each feature adds on the
 * straight way from a baseline, the mean over `baselines` ([k, n]: expected gradients, Erion et al.
 * 2021), and last what the network says of the baselines on average.
 *
 * The slope of an activation over a piece of the way is that of its secant, not of its tangent at a
 * node (DeepLIFT's rescale rule, Shrikumar et al. 2017, piece by piece): so each piece adds up to just
 * what the network changes over it, also across the corners of relu, where nodes miss a lot (64
 * Gauss-Legendre nodes were off by 1e-2), and a logistic model is exact. The last layer has one unit.
 */
export function gradientsOnnx(model: DenseModel, baselines: Float32Array): Uint8Array {
  const [first, last] = [model.layers[0] as DenseLayer, model.layers.at(-1) as DenseLayer];
  const width = first.inputs;
  const paths = baselines.length / width;
  assert.ok(Number.isInteger(paths) && paths >= 1 && last.units === 1);
  const graph = new OnnxGraphBuilder(`${model.name}-why`);
  const pieces = piecesOf(model);
  const { flat, way } = pathPoints(graph, model.input, baselines, width, pieces);
  const slopes = backward(graph, model.layers, forward(graph, model.layers, flat), pieces);

  const summed = graph.node(
    'ReduceSum', [slopes, graph.integers('pieces', 1)], { keepdims: { int: 0 } }, 'path_slopes');
  const byPath = graph.node('Reshape', [summed, graph.integers('by_path', -1, paths, width)]);
  const share = graph.scalar('share', 1 / (pieces * paths));
  const parts = graph.node('Mul', [graph.node('Mul', [byPath, way]), share]);
  const sum = graph.node(
    'ReduceSum', [parts, graph.integers('paths', 1)], { keepdims: { int: 0 } }, 'parts');
  let base = 0;
  for (let i = 0; i < paths; i += 1) {
    base += (runDense(model, baselines.slice(i * width, (i + 1) * width))[0] as number) / paths;
  }
  const pads = graph.integers('room_for_base', 0, 0, 0, 1);
  const contribution = graph.node(
    'Pad', [sum, pads, graph.scalar('base', base)], { mode: { string: 'constant' } }, 'contribution');
  graph.output(contribution, 'FP32', ['rows', width + 1]);
  return graph.encode();
}

/** The ends of every piece, [rows * paths * (pieces + 1), n], and `way`, [rows, paths, n]: row - baseline. */
function pathPoints(
  graph: OnnxGraphBuilder, input: string, baselines: Float32Array, width: number, pieces: number,
): { flat: Value; way: Value } {
  const paths = baselines.length / width;
  const ends = Float32Array.from({ length: pieces + 1 }, (_, i) => i / pieces);
  const features = graph.input(input, 'FP32', ['rows', width]);
  const row = graph.node('Unsqueeze', [features, graph.integers('path_axis', 1)]);
  const way = graph.node('Sub', [row, graph.constant('start', [1, paths, width], baselines)], {}, 'way');
  const along = graph.node('Mul', [
    graph.node('Unsqueeze', [way, graph.integers('piece_axis', 2)]),
    graph.constant('ends', [1, 1, pieces + 1, 1], ends)]);
  const points = graph.node('Add', [along, graph.constant('starts', [1, paths, 1, width], baselines)]);
  const flat = graph.node('Reshape', [points, graph.integers('as_rows', -1, width)], {}, 'points');
  return { flat, way };
}

interface Pass {
  readonly sum: Value; // before the activation
  readonly out: Value;
}

function forward(graph: OnnxGraphBuilder, layers: readonly DenseLayer[], points: Value): Pass[] {
  let value = points;
  return layers.map((layer, at) => {
    const weight = graph.constant(`weight_${at}`, [layer.inputs, layer.units], layer.weight);
    const bias = graph.constant(`bias_${at}`, [layer.units], layer.bias);
    const sum = graph.node('Gemm', [value, weight, bias], {}, `sum_${at}`);
    value = layer.activation === 'linear'
      ? sum
      : graph.node(operationOf(layer.activation), [sum], {}, `out_${at}`);
    return { sum, out: value };
  });
}

function operationOf(activation: Exclude<Activation, 'linear'>): string {
  if (activation === 'softmax') throw new RangeError('a softmax has no single answer to explain');
  return { relu: 'Relu', tanh: 'Tanh', sigmoid: 'Sigmoid' }[activation];
}

/** By piece: how much the last unit changes with each input, [rows * paths, pieces, n]. */
function backward(
  graph: OnnxGraphBuilder, layers: readonly DenseLayer[], passes: readonly Pass[], count: number,
): Value {
  const pieces = new Pieces(graph, count);
  let slope: Value = '';
  for (let at = layers.length - 1; at >= 0; at -= 1) {
    const { inputs, units, weight, activation } = layers[at] as DenseLayer;
    const turned = graph.constant(`turned_${at}`, [units, inputs], transposed(weight, inputs, units));
    if (activation !== 'linear') {
      const secant = pieces.secant(passes[at] as Pass, activation, units);
      slope = slope === '' ? secant : graph.node('Mul', [slope, secant], {}, `slope_${at}`);
    } else if (slope === '') {
      const { sum } = passes[at] as Pass;
      slope = pieces.ones(sum, units);
    }
    slope = graph.node('MatMul', [slope, turned], {}, `into_${at}`);
  }
  return slope;
}

/** What a value does from one end of each piece to the other. */
class Pieces {
  readonly #axis: Value;
  #one: Value = ''; // constants are made when they are used: runtimes complain of others
  #tiny: Value = '';

  constructor(private readonly graph: OnnxGraphBuilder, private readonly count: number) {
    this.#axis = graph.integers('ends_axis', 1);
  }

  secant({ sum, out }: Pass, activation: Activation, units: number): Value {
    const { graph } = this;
    if (this.#one === '') {
      this.#one = graph.scalar('one', 1);
      this.#tiny = graph.scalar('tiny', 1e-6); // below, a quotient is all rounding: the tangent is taken
    }
    const [sums, outs] = [this.#ends(sum, units), this.#ends(out, units)];
    const run = graph.node('Sub', [sums.to, sums.from]);
    const rise = graph.node('Sub', [outs.to, outs.from]);
    const flat = graph.node('Less', [graph.node('Abs', [run]), this.#tiny]);
    const quotient = graph.node('Div', [rise, graph.node('Where', [flat, this.#one, run])]);
    return graph.node('Where', [flat, this.#tangent(activation, outs.from), quotient]);
  }

  ones(sum: Value, units: number): Value {
    const { from } = this.#ends(sum, units);
    return this.graph.node('Exp', [this.graph.node('Sub', [from, from])]);
  }

  /** The derivative, by what the activation gave. */
  #tangent(activation: Activation, out: Value): Value {
    const { graph } = this;
    if (activation === 'sigmoid') {
      return graph.node('Mul', [out, graph.node('Sub', [this.#one, out])]);
    }
    if (activation === 'tanh') {
      return graph.node('Sub', [this.#one, graph.node('Mul', [out, out])]);
    }
    return graph.node('Sign', [out]); // of relu: 0 or 1
  }

  #ends(value: Value, units: number): { from: Value; to: Value } {
    const { graph } = this;
    const name = (part: string): string => `${value}_${part}`;
    const shape = graph.integers(name('shape'), -1, this.count + 1, units);
    const paths = graph.node('Reshape', [value, shape], {}, name('paths'));
    const cut = (part: string, start: number, end: number): Value => graph.node('Slice', [
      paths, graph.integers(name(`${part}_start`), start), graph.integers(name(`${part}_end`), end),
      this.#axis], {}, name(part));
    return { from: cut('from', 0, this.count), to: cut('to', 1, this.count + 1) };
  }
}

function transposed(weight: Float32Array, inputs: number, units: number): Float32Array {
  return Float32Array.from({ length: inputs * units }, (_, at) =>
    weight[(at % inputs) * units + Math.floor(at / inputs)] as number);
}
