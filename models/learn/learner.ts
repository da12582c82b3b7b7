import type { OnnxGraphBuilder, Value } from '../recipes/onnx/graph.ts';
import type { Examples, Table } from './table.ts';

/** A way to learn from examples, with its settings fixed. The same seed gives the same model. */
export interface Learner<F extends Fitted = Fitted> {
  readonly name: string; // as a card or a search prints it: 'boosted trees, 15 leaves'
  /** It splits what it learns from: nothing that was resampled may come in. */
  readonly divides?: boolean;
  /** `validation` stops iterative learners early; without it they run to their end. */
  fit(examples: Examples, seed: number, validation?: Examples): F;
}

/** What was learned. Pure: the same rows give the same answers, in any batch. */
export interface Fitted {
  /** One a row: a probability, or the value of a regression. */
  predict(table: Table): Float64Array;
  /**
   * The same as a model file: input `features` FP32 [rows, columns of the table], category columns
   * by their number, NaN where missing; output `probability` (or `value`) FP32 [rows, 1]. Answers
   * agree with `predict` to 1e-5. Absent where a learner has no ONNX form.
   */
  onnx?(): Uint8Array;
  /**
   * The same as a part of a graph, for models made of models: from `features`, as above, to the
   * answer, FP32 [rows, 1]. Absent where `onnx` is.
   */
  graph?(graph: OnnxGraphBuilder, features: Value): Value;
}
