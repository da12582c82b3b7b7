import type { OnnxGraphBuilder, Value } from '../../recipes/onnx/graph.ts';
import { fittedOnnx } from '../fitted-onnx.ts';
import type { Fitted } from '../learner.ts';

/** Puts together what the members say: their answers FP32 [rows, 1], in their order. */
export type Blend = (graph: OnnxGraphBuilder, answers: readonly Value[]) => Value;

/**
 * A model made of models, which is a model file where all of them are. `members` learned from the
 * same columns.
 */
export function blended(
  members: readonly Fitted[], predict: Fitted['predict'], width: number, blend: Blend,
): Fitted {
  const graphs = members.map(({ graph }, at) => graph?.bind(members[at]));
  if (!graphs.every((graph) => graph !== undefined)) return { predict };
  const graph = (builder: OnnxGraphBuilder, features: Value): Value =>
    blend(builder, graphs.map((of) => of(builder, features)));
  return { predict, graph, onnx: () => fittedOnnx(width, 'probability', graph) };
}
