import { Parzen } from './parzen.ts';
import { anyPoint, pointOf, toUnit, type Choice, type Point, type Space } from './space.ts';
import type { Strategy } from './strategy.ts';

/** Points of chance before there is anything to model. */
const FIRST = 10;
/** Drawn from the good points' density; the one with the best ratio is tried. */
const CANDIDATES = 24;
/** Share of the trials that are good, at most `GOOD_MAX` of them. */
const GOOD_SHARE = 0.2;
const GOOD_MAX = 25;

/**
 * The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl, NeurIPS 2011): a density
 * of the good points, l, and one of the others, g; of candidates drawn from l, the one with the
 * highest l / g is tried, which is the one with the highest expected improvement. Densities are of
 * whole points, not of each setting apart (as in BOHB, Falkner et al., ICML 2018), so that settings
 * may depend on each other.
 */
export function tpe(trials: number): Strategy {
  return {
    name: `TPE, ${trials} trials`,
    trials,
    async run(space, prng, ask) {
      const tried: Tried[] = [];
      for (let trial = 0; trial < trials; trial += 1) {
        const point = trial < FIRST ? anyPoint(space, prng) : suggest(space, tried, prng);
        const loss = await ask(point);
        tried.push({ at: units(space, point), key: JSON.stringify(point), loss });
      }
    },
  };
}

interface Tried {
  readonly at: Float64Array; // in the unit cube
  readonly key: string; // equal where points are
  readonly loss: number;
}

type Chance = Parameters<Strategy['run']>[1];

function suggest(space: Space, tried: readonly Tried[], prng: Chance): Point {
  const sorted = [...tried].sort((a, b) => (a.loss === b.loss ? 0 : a.loss - b.loss));
  const good = Math.min(GOOD_MAX, Math.ceil(GOOD_SHARE * sorted.length));
  const best = new Parzen(space, sorted.slice(0, good).map(({ at }) => at));
  const rest = new Parzen(space, sorted.slice(good).map(({ at }) => at));
  const known = new Set(tried.map(({ key }) => key));
  let chosen: Point | null = null;
  let highest = -Infinity;
  for (let i = 0; i < CANDIDATES; i += 1) {
    const at = best.draw(prng);
    const ratio = best.logDensity(at) - rest.logDensity(at);
    if (ratio <= highest) continue;
    const point = pointOf(space, (j) => at[j] as number);
    if (!known.has(JSON.stringify(point))) [chosen, highest] = [point, ratio];
  }
  return chosen ?? anyPoint(space, prng); // all about the good ones was tried: whole numbers, choices
}

function units(space: Space, point: Point): Float64Array {
  return Float64Array.from(Object.entries(space), ([name, of]) => toUnit(of, point[name] as Choice));
}
