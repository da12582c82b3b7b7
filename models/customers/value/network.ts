import { Prng } from '../../../server/core/prng.ts';
import { Adam, dense, denseBack } from '../dense-layers.ts';
import { OnnxGraphBuilder, type Value } from '../../recipes/onnx/graph.ts';

/**
 * What a customer will spend in a window, which is mostly nothing and now and then a lot (zero-inflated
 * log-normal; Wang, Liu & Miao 2019): hidden = max(0, features A + a), and of hidden B + b the chance
 * to buy is σ(first), and the amount's logarithm is normal about the second, with deviation
 * SIGMA_MAX σ(third). The value is chance times exp(mean + deviation² / 2), times `scale`.
 */
export interface ValueNetwork {
  readonly inputs: number;
  readonly hidden: number;
  readonly wide: Float64Array; // [inputs, hidden], for inputs as they are
  readonly wideBias: Float64Array;
  readonly out: Float64Array; // [hidden, 3]
  readonly outBias: Float64Array;
  readonly scale: number;
}

const HIDDEN = 24;
const SIGMA_MAX = 1.6; // beyond it a mean is made of amounts that nobody has seen
const BATCH = 256;
const RATE = 0.003;
const DECAY = 0.1;
const EPOCHS = 5;

/** `features` [rows, inputs] and what was spent; the same seed gives the same network. */
export function fitValue(
  features: Float32Array, inputs: number, spent: Float64Array, seed: number,
): ValueNetwork {
  const rows = spent.length;
  const { mean, deviation } = columnsOf(features, inputs);
  const x = features.map((value, i) =>
    (value - (mean[i % inputs] as number)) / (deviation[i % inputs] as number));
  const sizes = [inputs * HIDDEN, HIDDEN, HIDDEN * 3, 3];
  const all = new Float64Array(sizes.reduce((sum, size) => sum + size, 0));
  const gradient = new Float64Array(all.length);
  const [wide, wideBias, out, outBias] = views(all, sizes);
  const slopesOf = views(gradient, sizes);
  const prng = new Prng(seed);
  for (let i = 0; i < wide.length; i += 1) wide[i] = Math.sqrt(2 / inputs) * prng.normal();
  for (let i = 0; i < out.length; i += 1) out[i] = (0.1 * prng.normal()) / Math.sqrt(HIDDEN);
  start(outBias, spent);

  const input = new Float64Array(inputs);
  const hidden = new Float64Array(HIDDEN);
  const answer = new Float64Array(3);
  const slope = new Float64Array(3);
  const hiddenSlope = new Float64Array(HIDDEN);
  const adam = new Adam(all.length);
  const order = Uint32Array.from({ length: rows }, (_, i) => i);
  const steps = EPOCHS * Math.ceil(rows / BATCH);
  for (let step = 0, at = rows; step < steps; step += 1, at += BATCH) {
    if (at >= rows) {
      shuffle(order, prng);
      at = 0;
    }
    const batch = order.subarray(at, at + BATCH);
    for (const row of batch) {
      for (let i = 0; i < inputs; i += 1) input[i] = x[row * inputs + i] as number;
      dense(input, wide, wideBias, hidden);
      for (let u = 0; u < HIDDEN; u += 1) hidden[u] = Math.max(0, hidden[u] as number);
      dense(hidden, out, outBias, answer);
      lossSlopes(answer, spent[row] as number, 1 / batch.length, slope);
      denseBack(hidden, out, slope, slopesOf[2], slopesOf[3], hiddenSlope);
      for (let u = 0; u < HIDDEN; u += 1) if (hidden[u] === 0) hiddenSlope[u] = 0;
      denseBack(input, wide, hiddenSlope, slopesOf[0], slopesOf[1], input, 0);
    }
    const left = 0.5 * (1 + Math.cos((Math.PI * step) / steps));
    adam.update(all, gradient, RATE * left, DECAY);
  }
  const raw = folded(
    { inputs, hidden: HIDDEN, wide, wideBias, out, outBias, scale: 1 }, mean, deviation);
  return { ...raw, scale: scaleTo(raw, features, spent) };
}

/** The loss's slopes by the three answers: cross-entropy, and the log-normal's where there is one. */
function lossSlopes(
  answer: Float64Array, spent: number, weight: number, slope: Float64Array,
): void {
  const bought = spent > 0;
  slope[0] = weight * (1 / (1 + Math.exp(-(answer[0] as number))) - (bought ? 1 : 0));
  slope[1] = 0;
  slope[2] = 0;
  if (!bought) return;
  const share = 1 / (1 + Math.exp(-(answer[2] as number)));
  const sigma = Math.max(0.05, SIGMA_MAX * share);
  const off = Math.log(spent) - (answer[1] as number);
  slope[1] = (-weight * off) / (sigma * sigma);
  slope[2] = weight * (1 / sigma - (off * off) / sigma ** 3) * SIGMA_MAX * share * (1 - share);
}

/** What each row is expected to spend. */
export function values(network: ValueNetwork, features: Float32Array): Float64Array {
  const { inputs, hidden: units, wide, wideBias, out, outBias, scale } = network;
  const input = new Float64Array(inputs);
  const hidden = new Float64Array(units);
  const answer = new Float64Array(3);
  return Float64Array.from({ length: features.length / inputs }, (_, row) => {
    for (let i = 0; i < inputs; i += 1) input[i] = features[row * inputs + i] as number;
    dense(input, wide, wideBias, hidden);
    for (let u = 0; u < units; u += 1) hidden[u] = Math.max(0, hidden[u] as number);
    dense(hidden, out, outBias, answer);
    const chance = 1 / (1 + Math.exp(-(answer[0] as number)));
    const sigma = SIGMA_MAX / (1 + Math.exp(-(answer[2] as number)));
    return scale * chance * Math.exp((answer[1] as number) + (sigma * sigma) / 2);
  });
}

/** `features` FP32 [rows, inputs] to `value` FP32 [rows, 1], the shop's currency. */
export function valueOnnx(network: ValueNetwork): Uint8Array {
  const graph = new OnnxGraphBuilder('value');
  const features = graph.input('features', 'FP32', ['rows', network.inputs]);
  const said = addValue(graph, network, features);
  graph.output(graph.node('Identity', [said], {}, 'value'), 'FP32', ['rows', 1]);
  return graph.encode();
}

/** The value, FP32 [rows, 1], as part of a graph. */
export function addValue(graph: OnnxGraphBuilder, network: ValueNetwork, features: Value): Value {
  const { inputs, hidden, wide, wideBias, out, outBias, scale } = network;
  const f32 = (name: string, shape: readonly number[], data: Float64Array): string =>
    graph.constant(graph.fresh(name), shape, Float32Array.from(data));
  const number = (value: number): string => graph.scalar(graph.fresh('number'), value);
  const one = graph.node('Gemm', [
    features, f32('wide', [inputs, hidden], wide), f32('wide_bias', [hidden], wideBias)]);
  const two = graph.node('Gemm', [
    graph.node('Relu', [one]), f32('out', [hidden, 3], out), f32('out_bias', [3], outBias)]);
  const column = (at: number): string => graph.node('Slice', [two, ...[at, at + 1, 1]
    .map((place) => graph.integers(graph.fresh('place'), place))]);
  const chance = graph.node('Sigmoid', [column(0)]);
  const sigma = graph.node('Mul', [graph.node('Sigmoid', [column(2)]), number(SIGMA_MAX)]);
  const half = graph.node('Mul', [graph.node('Mul', [sigma, sigma]), number(0.5)]);
  const amount = graph.node('Exp', [graph.node('Add', [column(1), half])]);
  return graph.node('Mul', [graph.node('Mul', [chance, amount]), number(scale)]);
}

type Four<T> = readonly [T, T, T, T];

function views(all: Float64Array, sizes: readonly number[]): Four<Float64Array> {
  let at = 0;
  return sizes.map((size) => all.subarray(at, (at += size))) as unknown as Four<Float64Array>;
}

/** The base rate, and the mean logarithm of what buyers spend. */
function start(outBias: Float64Array, spent: Float64Array): void {
  const logs = Array.from(spent).filter((value) => value > 0).map(Math.log);
  const rate = (logs.length + 1) / (spent.length + 2);
  outBias[0] = Math.log(rate / (1 - rate));
  outBias[1] = logs.reduce((sum, value) => sum + value, 0) / Math.max(1, logs.length);
}

/** Standardising, moved from the inputs into the first layer. */
function folded(
  network: ValueNetwork, mean: Float64Array, deviation: Float64Array,
): ValueNetwork {
  const { inputs, hidden } = network;
  const wide = network.wide.slice();
  const wideBias = network.wideBias.slice();
  for (let i = 0; i < inputs; i += 1) {
    for (let u = 0; u < hidden; u += 1) {
      const w = (wide[i * hidden + u] as number) / (deviation[i] as number);
      wide[i * hidden + u] = w;
      wideBias[u] = (wideBias[u] as number) - w * (mean[i] as number);
    }
  }
  return { ...network, wide, wideBias, out: network.out.slice(), outBias: network.outBias.slice() };
}

/** A log-normal's mean hangs on its tail: the total is set right on what was learned from. */
function scaleTo(network: ValueNetwork, features: Float32Array, spent: Float64Array): number {
  const said = values(network, features).reduce((sum, value) => sum + value, 0);
  const happened = spent.reduce((sum, value) => sum + value, 0);
  return Math.min(2, Math.max(0.5, happened / Math.max(1e-9, said)));
}

function columnsOf(
  values: Float32Array, width: number,
): { mean: Float64Array; deviation: Float64Array } {
  const mean = new Float64Array(width);
  const square = new Float64Array(width);
  const rows = values.length / width;
  values.forEach((x, i) => { mean[i % width] = (mean[i % width] as number) + x / rows; });
  values.forEach((x, i) => {
    square[i % width] = (square[i % width] as number) + (x - (mean[i % width] as number)) ** 2 / rows;
  });
  return { mean, deviation: square.map((v) => (v > 1e-8 ? Math.sqrt(v) : 1)) };
}

function shuffle(order: Uint32Array, prng: Prng): void {
  for (let i = order.length - 1; i > 0; i -= 1) {
    const j = prng.below(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
}
