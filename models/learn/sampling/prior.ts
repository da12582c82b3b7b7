import { fittedOnnx } from '../fitted-onnx.ts';
import type { Fitted } from '../learner.ts';

/**
 * A model that learned at other odds than the world has gives too high (or low) probabilities: this
 * divides its odds by what a sampler multiplied them by (Elkan, IJCAI 2001, theorem 2; Dal Pozzolo
 * et al., IEEE SSCI 2015). The order of the rows stays, so AUC does too. Exact for class weights,
 * over- and under-sampling where the model is right about what it saw. `width`: columns it learned.
 */
export function atOdds(fitted: Fitted, oddsBy: number, width: number): Fitted {
  const predict: Fitted['predict'] = (table) =>
    fitted.predict(table).map((p) => correctPrior(p, oddsBy));
  const of = fitted.graph?.bind(fitted);
  if (!of) return { predict };
  const graph: NonNullable<Fitted['graph']> = (builder, features) => {
    const p = of(builder, features);
    const number = (value: number) => builder.scalar(builder.fresh('number'), value);
    const rest = builder.node('Sub', [number(1), p], {}, builder.fresh('rest'));
    const raised = builder.node('Mul', [rest, number(oddsBy)], {}, builder.fresh('raised'));
    const all = builder.node('Add', [p, raised], {}, builder.fresh('all'));
    return builder.node('Div', [p, all], {}, builder.fresh('corrected'));
  };
  return { predict, graph, onnx: () => fittedOnnx(width, 'probability', graph) };
}

/** p at odds that were multiplied by `oddsBy`, at the odds of before. */
export function correctPrior(p: number, oddsBy: number): number {
  return p / (p + (1 - p) * oddsBy);
}
