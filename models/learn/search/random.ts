import { anyPoint } from './space.ts';
import type { Strategy } from './strategy.ts';

/** Points of chance (Bergstra and Bengio, JMLR 13, 2012): what every other search has to beat. */
export function randomSearch(trials: number): Strategy {
  return {
    name: `random, ${trials} trials`,
    trials,
    async run(space, prng, ask) {
      for (let trial = 0; trial < trials; trial += 1) await ask(anyPoint(space, prng));
    },
  };
}
