import { ServeError } from '../core/errors.ts';
import type { Experiment } from './definition.ts';

/**
 * Whether what the arms want is here: a source that no blend uses cannot be given a weight. Fails with
 * `bad_argument` naming the path.
 */
export function checkArms(experiments: readonly Experiment[], sources: readonly string[]): void {
  experiments.forEach(({ arms }, i) => arms.forEach(({ override: { weights = {} } }, at) => {
    const absent = Object.entries(weights).find(([source, weight]) => weight > 0 && !sources.includes(source));
    if (!absent) return;
    throw new ServeError('bad_argument', `experiments[${i}].arms[${at}].override.weights.${absent[0]}: ` +
      `this server has no such source; it has ${sources.join(', ')}`);
  }));
}
