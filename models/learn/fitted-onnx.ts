import { OnnxGraphBuilder, type Value } from '../recipes/onnx/graph.ts';

/**
 * A part of a graph as a whole model file: input `features` FP32 [rows, width], and the part's
 * answer as output `output` FP32 [rows, 1].
 */
export function fittedOnnx(
  width: number, output: 'probability' | 'value',
  part: (graph: OnnxGraphBuilder, features: Value) => Value,
): Uint8Array {
  const graph = new OnnxGraphBuilder('table_model');
  const features = graph.input('features', 'FP32', ['rows', width]);
  const answer = part(graph, features);
  graph.output(graph.node('Identity', [answer], {}, output), 'FP32', ['rows', 1]);
  return graph.encode();
}
