import { OnnxGraphBuilder, type Value } from '../../recipes/onnx/graph.ts';
import { type FoldedMember, stacked } from './folded.ts';

/**
 * `history` FP32 [rows, length, channels] and `features` FP32 [rows, features] to `hazard` FP32
 * [rows, bins], the members' mean.
 */
export function hazardOnnx(members: readonly FoldedMember[]): Uint8Array {
  const { shape } = members[0]!;
  const graph = new OnnxGraphBuilder('timing');
  const history = graph.input('history', 'FP32', ['rows', shape.length, shape.channels]);
  const features = graph.input('features', 'FP32', ['rows', shape.features]);
  const hazard = graph.node('Identity', [addHazard(graph, members, history, features)], {}, 'hazard');
  graph.output(hazard, 'FP32', ['rows', shape.bins]);
  return graph.encode();
}

/** The members' mean hazard, FP32 [rows, bins], as part of a graph. */
export function addHazard(
  graph: OnnxGraphBuilder, members: readonly FoldedMember[], history: Value, features: Value,
): Value {
  const { bins } = members[0]!.shape;
  const all = stacked(members);
  const state = recurrent(graph, all, graph.node('Transpose', [history], { perm: { ints: [1, 0, 2] } }));
  const joined = graph.node('Concat', [state, features], { axis: { int: 1 } });
  const hidden = graph.node('Relu', [dense(graph, 'hidden', joined, all.wide, all.wideBias)]);
  const logits = dense(graph, 'hazards', hidden, all.out, all.outBias);
  const hazards = graph.node('Reshape', [
    graph.node('Sigmoid', [logits]), graph.integers('members', -1, members.length, bins)]);
  return graph.node('ReduceMean', [hazards], { axes: { ints: [1] }, keepdims: { int: 0 } });
}

/** The state after the newest purchase, [rows, state]. */
function recurrent(graph: OnnxGraphBuilder, member: FoldedMember, inTime: Value): Value {
  const { channels, state, length } = member.shape;
  const units = 3 * state;
  // Their rows are units; the second half of the bias is the recurrent side's.
  const w = graph.constant('kernel', [1, units, channels], transposed(member.kernel, channels, units));
  const r = graph.constant('recurrent', [1, units, state], transposed(member.recurrent, state, units));
  const bias = new Float32Array(2 * units);
  bias.set(member.gate);
  const b = graph.constant('gate', [1, 2 * units], bias);
  const states = graph.node('GRU', [inTime, w, r, b], { hidden_size: { int: state } });
  const last = graph.constant('last', [], BigInt64Array.of(BigInt(length - 1)));
  const newest = graph.node('Gather', [states, last], { axis: { int: 0 } });
  return graph.node('Squeeze', [newest, graph.integers('direction', 0)]);
}

function dense(
  graph: OnnxGraphBuilder, name: string, from: Value, weight: Float32Array, bias: Float32Array,
): Value {
  const units = bias.length;
  const w = graph.constant(`${name}_weight`, [weight.length / units, units], weight);
  const b = graph.constant(`${name}_bias`, [units], bias);
  return graph.node('Gemm', [from, w, b]);
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from({ length: rows * columns }, (_, i) =>
    values[(i % rows) * columns + Math.floor(i / rows)] as number);
}
