import { TrainingError } from '../training-error.ts';
import { classWeights } from './class-weights.ts';
import { overSample, underSample } from './random.ts';
import { smote } from './smote.ts';
import type { Sampler } from './training-part.ts';

/** Samplers by the name that a command is told; the number is the rarer class to 1 of the other. */
export const SAMPLERS: Readonly<Record<string, (ratio: number) => Sampler>> = {
  weights: classWeights,
  over: overSample,
  under: underSample,
  smote: (ratio) => smote({ ratio }),
};

/** `weights`, `over:0.5`, `under`, `smote:1`. Fails with what there is. */
export function namedSampler(text: string): Sampler {
  const [name = '', number = '1'] = text.split(':');
  const make = Object.hasOwn(SAMPLERS, name) ? SAMPLERS[name] : undefined;
  if (!make) {
    throw new TrainingError(`sampler '${text}' is none of ${Object.keys(SAMPLERS).join(', ')}`);
  }
  const ratio = Number(number);
  if (number === '' || !(ratio > 0 && ratio < Infinity)) {
    throw new TrainingError(`sampler '${text}': a number above 0 goes after the colon`);
  }
  return make(ratio);
}
