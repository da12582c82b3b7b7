import type { OnnxGraphBuilder, Value } from '../../recipes/onnx/graph.ts';
import type { Calibrator } from '../fit-within.ts';
import { fittedOnnx } from '../fitted-onnx.ts';
import type { Fitted } from '../learner.ts';
import { weightsOf, type Examples, type Table } from '../table.ts';

/** What probabilities go through so that they come true: from 0..1 to 0..1, never falling. */
export interface Curve {
  at(probability: number): number;
  /** The same for `value` FP32 [rows, 1] of a graph. */
  graph(graph: OnnxGraphBuilder, value: Value): Value;
}

/** Learns a curve from said probabilities and what happened, a weight a row. */
export type CurveFit =
  (said: Float64Array, labels: Float64Array, weights: Float64Array) => Curve;

/** A fitted model whose probabilities are put through a curve, the model file's too. */
export function calibrator(name: string, fit: CurveFit): Calibrator {
  return {
    name,
    calibrate(fitted: Fitted, held: Examples): Fitted {
      const said = fitted.predict(held.table);
      const curve = fit(said, held.labels, weightsOf(held));
      return withCurve(fitted, curve, held.table.columns.length);
    },
  };
}

/** `width` is how many columns the model's rows have. */
export function withCurve(fitted: Fitted, curve: Curve, width: number): Fitted {
  const predict = (table: Table): Float64Array => fitted.predict(table).map((p) => curve.at(p));
  const before = fitted.graph?.bind(fitted);
  if (!before) return { predict };
  const graph = (builder: OnnxGraphBuilder, features: Value): Value =>
    curve.graph(builder, before(builder, features));
  return { predict, graph, onnx: () => fittedOnnx(width, 'probability', graph) };
}
