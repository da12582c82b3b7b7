import { OnnxGraphBuilder, type Value } from '../../recipes/onnx/graph.ts';
import type { FoldedMember } from './folded.ts';

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
  const { shape } = members[0]!;
  const inTime = graph.node('Transpose', [history], { perm: { ints: [1, 0, 2] } });
  const last = graph.constant('last', [], BigInt64Array.of(BigInt(shape.length - 1)));
  const first = graph.integers('direction', 0);
  const hazards = members.map((member, at) => {
    const state = recurrent(graph, member, at, inTime);
    const newest = graph.node('Gather', [state, last], { axis: { int: 0 } });
    const read = graph.node('Squeeze', [newest, first]);
    const joined = graph.node('Concat', [read, features], { axis: { int: 1 } });
    const hidden = graph.node('Relu', [dense(graph, `hidden_${at}`, joined, member.wide,
      member.wideBias)]);
    const logits = dense(graph, `out_${at}`, hidden, member.out, member.outBias);
    return graph.node('Sigmoid', [logits]);
  });
  return graph.node('Mean', hazards);
}

/** All states, [length, 1, rows, state]. */
function recurrent(
  graph: OnnxGraphBuilder, member: FoldedMember, at: number, inTime: Value,
): Value {
  const { channels, state } = member.shape;
  const units = 3 * state;
  // Their rows are units; the second half of the bias is the recurrent side's.
  const w = graph.constant(
    `kernel_${at}`, [1, units, channels], transposed(member.kernel, channels, units));
  const r = graph.constant(
    `recurrent_${at}`, [1, units, state], transposed(member.recurrent, state, units));
  const bias = new Float32Array(2 * units);
  bias.set(member.gate);
  const b = graph.constant(`gate_${at}`, [1, 2 * units], bias);
  return graph.node('GRU', [inTime, w, r, b], { hidden_size: { int: state } });
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
