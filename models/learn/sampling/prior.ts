import type { Fitted } from '../learner.ts';

/**
 * A model that learned at other odds than the world has gives too high (or low) probabilities: this
 * divides its odds by what a sampler multiplied them by (Elkan, IJCAI 2001, theorem 2; Dal Pozzolo
 * et al., IEEE SSCI 2015). The order of the rows stays, so AUC does too. Exact for class weights,
 * over- and under-sampling where the model is right about what it saw.
 */
export function atOdds(fitted: Fitted, oddsBy: number): Fitted {
  return {
    predict: (table) => fitted.predict(table).map((p) => correctPrior(p, oddsBy)),
  };
}

/** p at odds that were multiplied by `oddsBy`, at the odds of before. */
export function correctPrior(p: number, oddsBy: number): number {
  return p / (p + (1 - p) * oddsBy);
}
