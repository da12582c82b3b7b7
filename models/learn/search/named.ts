import { TrainingError } from '../training-error.ts';
import { grid } from './grid.ts';
import { hyperband } from './hyperband.ts';
import { randomSearch } from './random.ts';
import type { Space } from './space.ts';
import type { Strategy } from './strategy.ts';
import { tpe } from './tpe.ts';

/** Searches by the name that a command is told, each with its one number. */
export const SEARCHES: Readonly<Record<string, NamedSearch>> = {
  tpe: { number: 40, of: 'trials', make: (_, trials) => tpe(trials) },
  random: { number: 40, of: 'trials', make: (_, trials) => randomSearch(trials) },
  grid: { number: 2, of: 'values of each number', make: (space, steps) => grid(space, steps) },
  hyperband: { number: 27, of: 'parts of a whole trial', make: (_, most) => hyperband(most) },
};

interface NamedSearch {
  readonly number: number; // where none is said
  readonly of: string; // what it counts
  make(space: Space, number: number): Strategy;
}

/** `tpe`, `tpe:60`, `random:60`, `grid:2`, `hyperband:27`. Fails with what there is. */
export function namedSearch(text: string, space: Space): Strategy {
  const [name = '', number] = text.split(':');
  const found = Object.hasOwn(SEARCHES, name) ? SEARCHES[name] : undefined;
  if (!found) {
    throw new TrainingError(`search '${text}' is none of ${Object.keys(SEARCHES).join(', ')}`);
  }
  const value = number === undefined ? found.number : Number(number);
  if (!Number.isInteger(value) || value < 1) {
    throw new TrainingError(`search '${text}': a whole number of ${found.of} goes after the colon`);
  }
  return found.make(space, value);
}
