import { Prng } from '../../server/core/prng.ts';
import { Circle, walk } from './catalogue.ts';
import { Draws } from './laws/cut-power.ts';
import type { Profile } from './profile.ts';
import type { Seen } from './seen.ts';

const VISITS_MAX = 100_000;
const ROUNDS = 7;
/** Of the steps to another item, the share that lies near: how near is fitted, how many is a convention. */
export const NEAR = 0.95;

/**
 * How near the next item lies: such that as many steps of simulated visits as of real ones lead from one item
 * to another between which nobody has gone before. By halving, as more reach always means more of them.
 */
export function fitReach(
  seen: Seen, { popularity, length }: Pick<Profile, 'popularity' | 'length'>, again: number, back: number,
): number {
  const circle = new Circle(popularity, 1);
  const draws = Draws.of(length);
  const visits = Math.min(VISITS_MAX, seen.visits);
  const wanted = seen.newPairsOf(visits);
  // Nearer than two average items, steps would lead to rare ones as often as to those that are viewed most.
  let [low, high] = [Math.log(2 / popularity.to), Math.log(0.5)];
  for (let round = 0; round < ROUNDS; round += 1) {
    const reach = (low + high) / 2;
    const steps = { again, back, near: NEAR * (1 - again - back), reach: Math.exp(reach) };
    if (newPairs(circle, draws, steps, visits) < wanted) low = reach;
    else high = reach;
  }
  return Number(Math.exp((low + high) / 2).toPrecision(3));
}

function newPairs(circle: Circle, draws: Draws, steps: Profile['steps'], visits: number): number {
  const prng = new Prng(2);
  const pairs = new Set<number>();
  let fresh = 0;
  for (let visit = 0; visit < visits; visit += 1) {
    const items = walk(prng, circle, steps, draws.next(prng));
    for (let i = 1; i < items.length; i += 1) {
      if (items.indexOf(items[i] as number) < i) continue; // again, or back
      fresh += 1;
      pairs.add((items[i - 1] as number) * 2 ** 26 + (items[i] as number));
    }
  }
  return pairs.size / Math.max(1, fresh);
}
