import { OnnxGraphBuilder } from '../onnx/graph.ts';
import type { EncoderWeights } from './weights.ts';

/** Keeps padding out of the softmax: exp of it is 0 in FP32. */
const NEVER = -1e9;

/**
 * The encoder as a `.onnx` file: `items` INT32 [rows, length], vocabulary numbers oldest first,
 * zeros after the newest, to `vector` FP32 [rows, dim]. The formula is at `EncoderWeights`. A row
 * of zeros only gives a vector of no meaning, but finite.
 */
export function encoderOnnx(weights: EncoderWeights): Uint8Array {
  const { items: size, dim, length, temperature } = weights.shape;
  const graph = new OnnxGraphBuilder('session-encoder');
  const items = graph.input('items', 'INT32', ['rows', length]);
  const embedding = graph.constant('embedding', [size + 1, dim], weights.embedding.values);
  const lastAxis = graph.integers('last_axis', 1);

  // Which places hold an item (1 or 0), and how far each is from the newest (negative: padding).
  const zero = graph.constant('zero', [], Int32Array.of(0));
  const isHeld = graph.node('Greater', [items, zero]);
  const held = graph.node('Cast', [isHeld], { to: { int: 1 } }, 'held');
  const count = graph.node('ReduceSum', [held, lastAxis], { keepdims: { int: 1 } }, 'count');
  const places = Float32Array.from({ length }, (_, at) => at + 1);
  const distance = graph.node('Sub', [count, graph.constant('places', [length], places)], {},
    'distance');

  const vectors = graph.node('Gather', [embedding, items]); // [rows, length, dim]
  const isNewest = graph.node('Cast', [
    graph.node('Equal', [distance, graph.scalar('no_distance', 0)]),
  ], { to: { int: 1 } }, 'is_newest');
  const column = graph.integers('column', 2);
  const newest = graph.node('ReduceSum', [
    graph.node('Mul', [vectors, graph.node('Unsqueeze', [isNewest, column])]), lastAxis,
  ], { keepdims: { int: 1 } }, 'newest'); // [rows, 1, dim]

  const gate = graph.constant('gate', [dim], weights.gate.values);
  const pair = graph.constant('pair', [dim], weights.pair.values);
  const pull = graph.node('Add', [graph.node('Mul', [newest, pair]), gate], {}, 'pull');
  const attention = graph.node('ReduceSum', [graph.node('Mul', [vectors, pull]), column],
    { keepdims: { int: 0 } }, 'attention'); // [rows, length]
  const position = graph.constant('position', [length], weights.position.values);
  const logits = graph.node('Add', [attention, positionLogits(graph, position, distance)]);
  const padding = graph.node('Mul', [
    graph.node('Sub', [graph.scalar('one', 1), held]), graph.scalar('never', NEVER),
  ]);
  const shares = graph.node('Softmax', [graph.node('Add', [logits, padding])], { axis: { int: 1 } },
    'shares');

  const mean = graph.node('ReduceSum', [
    graph.node('Mul', [vectors, graph.node('Unsqueeze', [shares, column])]), lastAxis,
  ], { keepdims: { int: 0 } }, 'mean'); // [rows, dim]
  const flat = graph.node('ReduceSum', [newest, lastAxis], { keepdims: { int: 0 } });
  const turn = graph.constant('turn', [dim, dim], weights.turn.values);
  const sum = graph.node('Add', [mean, graph.node('Gemm', [flat, turn], { transB: { int: 1 } })]);
  const square = graph.node('ReduceSum', [graph.node('Mul', [sum, sum]), lastAxis],
    { keepdims: { int: 1 } });
  const norm = graph.node('Add', [graph.node('Sqrt', [square]), graph.scalar('tiny', 1e-8)]);
  const scale = graph.node('Mul', [norm, graph.scalar('temperature', temperature)]);
  graph.node('Div', [sum, scale], {}, 'vector');
  graph.output('vector', 'FP32', ['rows', dim]);
  return graph.encode();
}

/** `position[distance]`; padding, at negative distances, takes the first, and is hidden later. */
function positionLogits(graph: OnnxGraphBuilder, position: string, distance: string): string {
  const reach = graph.node('Max', [distance, graph.scalar('at_least', 0)]);
  return graph.node('Gather', [position, graph.node('Cast', [reach], { to: { int: 7 } })]);
}
