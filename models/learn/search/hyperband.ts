import { TrainingError } from '../training-error.ts';
import { anyPoint, type Point, type Space } from './space.ts';
import type { Ask, Strategy } from './strategy.ts';

/** One round: so many points, each with so much of the resource. */
export interface Rung {
  readonly points: number;
  readonly resource: number;
}

export interface Halving {
  readonly points: number; // in the first round
  readonly resource: number; // of each point in the first round
  readonly most: number; // of a point, in the last round
  readonly eta?: number; // 3: a round keeps one in eta and gives each eta times as much
}

/**
 * Successive halving (Jamieson and Talwalkar, AISTATS 2016): many points with little, the best of
 * them with more, and so on to the most a point may have. Budgets are shares of `most`.
 */
export function halving(options: Halving): Strategy {
  const { points, resource, most, eta = 3 } = options;
  const rounds = power(most / resource, eta);
  const rungs = rungsOf(points, most, rounds, eta);
  return {
    name: `successive halving, ${points} points from ${resource} to ${most}`,
    trials: count([rungs]),
    run: (space, prng, ask) => halve(rungs, most, anyPoints(points, space, prng), ask),
  };
}

/** Hyperband: each bracket of `brackets(most, eta)` is one successive halving. */
export function hyperband(most: number, eta = 3, rule: BracketRule = 'algorithm'): Strategy {
  const all = brackets(most, eta, rule);
  return {
    name: `Hyperband to ${most}, eta ${eta}`,
    trials: count(all),
    async run(space, prng, ask) {
      for (const rungs of all) {
        await halve(rungs, most, anyPoints((rungs[0] as Rung).points, space, prng), ask);
      }
    },
  };
}

/**
 * How many points a bracket s of s_max starts with. `algorithm`: ceil((s_max + 1) eta^s / (s + 1)),
 * as Algorithm 1 of the paper says; `table`: floor((s_max + 1) / (s + 1)) eta^s, as its Table 1 and
 * its authors' code have it.
 */
export type BracketRule = 'algorithm' | 'table';

/**
 * The rounds of each bracket (Li, Jamieson, DeSalvo, Rostamizadeh and Talwalkar, JMLR 18, 2018): the
 * first is the boldest, the last gives every point all of the resource at once.
 */
export function brackets(most: number, eta = 3, rule: BracketRule = 'algorithm'): Rung[][] {
  if (!(most >= 1)) throw new TrainingError(`a resource of ${most}`);
  const last = power(most, eta);
  return Array.from({ length: last + 1 }, (_, bracket) => {
    const s = last - bracket;
    const points = rule === 'table'
      ? Math.floor((last + 1) / (s + 1)) * eta ** s
      : Math.ceil(((last + 1) * eta ** s) / (s + 1));
    return rungsOf(points, most, s, eta);
  });
}

function rungsOf(points: number, most: number, rounds: number, eta: number): Rung[] {
  return Array.from({ length: rounds + 1 }, (_, i) => ({
    points: Math.max(1, Math.floor(points / eta ** i)),
    resource: most / eta ** (rounds - i),
  }));
}

/** The largest whole n with eta^n <= ratio; by multiplication: logarithms round 243 down. */
function power(ratio: number, eta: number): number {
  if (!(eta > 1)) throw new TrainingError(`eta ${eta}`);
  let n = 0;
  for (let reached = eta; reached <= ratio * (1 + 1e-12); reached *= eta) n += 1;
  return n;
}

async function halve(
  rungs: readonly Rung[], most: number, first: readonly Point[], ask: Ask,
): Promise<void> {
  let points = first;
  for (const [i, { resource }] of rungs.entries()) {
    const tried: { readonly point: Point; readonly loss: number }[] = [];
    for (const point of points) tried.push({ point, loss: await ask(point, resource / most) });
    tried.sort((a, b) => (a.loss === b.loss ? 0 : a.loss - b.loss)); // stable: ties keep their order
    points = tried.slice(0, rungs[i + 1]?.points ?? 0).map(({ point }) => point);
  }
}

function anyPoints(
  points: number, space: Space, prng: Parameters<Strategy['run']>[1],
): Point[] {
  return Array.from({ length: points }, () => anyPoint(space, prng));
}

function count(all: readonly (readonly Rung[])[]): number {
  return all.flat().reduce((sum, { points }) => sum + points, 0);
}
