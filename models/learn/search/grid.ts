import type { Strategy } from './strategy.ts';
import { fromUnit, type Choice, type Point, type Space } from './space.ts';

/**
 * Every combination of every choice and of `steps` values of each number, evenly spaced from end to
 * end on its scale. The last setting turns fastest. Whole numbers that fall together count once.
 */
export function grid(space: Space, steps = 3): Strategy {
  const values = Object.values(space).map((dimension) => {
    const count = dimension.kind === 'choice' ? dimension.of.length : steps;
    const places = Array.from({ length: count }, (_, at) =>
      dimension.kind === 'choice' ? (at + 0.5) / count : count > 1 ? at / (count - 1) : 0.5);
    return [...new Set(places.map((place) => fromUnit(dimension, place)))];
  });
  const trials = values.reduce((product, list) => product * list.length, 1);
  return {
    name: `grid of ${trials}`,
    trials,
    async run(of, _prng, ask) {
      for (const choices of product(values)) {
        const names = Object.keys(of);
        await ask(Object.fromEntries(names.map((name, at) => [name, choices[at]])) as Point);
      }
    },
  };
}

function product(lists: readonly Choice[][]): Choice[][] {
  return lists.reduce<Choice[][]>(
    (all, list) => all.flatMap((head) => list.map((value) => [...head, value])), [[]]);
}
