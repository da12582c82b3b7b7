import type { Prng } from '../../../server/core/prng.ts';
import { TrainingError } from '../training-error.ts';

/** One setting that is searched. With `log`, equal ratios are equally likely; `min` above 0. */
export type Dimension =
  | { readonly kind: 'float'; readonly min: number; readonly max: number; readonly log?: boolean }
  | { readonly kind: 'int'; readonly min: number; readonly max: number; readonly log?: boolean }
  | { readonly kind: 'choice'; readonly of: readonly Choice[] };

export type Choice = string | number | boolean;
export type Space = Readonly<Record<string, Dimension>>;

/** A value of each dimension: numbers, and what a choice is of. */
export type Point<S extends Space = Space> = {
  readonly [Name in keyof S]: S[Name] extends { kind: 'choice'; of: readonly (infer T)[] } ? T : number;
};

/** Fails where a dimension is empty or its ends are the wrong way round. */
export function checkSpace(space: Space): void {
  if (Object.keys(space).length === 0) throw new TrainingError('a search of no settings');
  for (const [name, dimension] of Object.entries(space)) {
    const wrong = (why: string) => new TrainingError(`setting ${name}: ${why}`);
    if (dimension.kind === 'choice') {
      if (dimension.of.length === 0) throw wrong('no choices');
      continue;
    }
    const { min, max, log, kind } = dimension;
    if (!(min <= max) || !Number.isFinite(max - min)) throw wrong(`from ${min} to ${max}`);
    if (log && min <= 0) throw wrong(`a log scale from ${min}`);
    if (kind === 'int' && !(Number.isInteger(min) && Number.isInteger(max))) {
      throw wrong('whole numbers have whole ends');
    }
  }
}

/**
 * Where a value lies, in [0, 1]. A whole number is the middle of a part as wide as that of every
 * other (on its log scale: as wide as from half below to half above).
 */
export function toUnit(dimension: Dimension, value: Choice): number {
  if (dimension.kind === 'choice') {
    return (dimension.of.indexOf(value) + 0.5) / dimension.of.length;
  }
  const [low, high] = ends(dimension);
  const at = dimension.log ? Math.log(value as number) : (value as number);
  return high > low ? (at - low) / (high - low) : 0.5;
}

/** The value at `unit` of [0, 1]. */
export function fromUnit(dimension: Dimension, unit: number): Choice {
  if (dimension.kind === 'choice') {
    const at = Math.min(dimension.of.length - 1, Math.floor(unit * dimension.of.length));
    return dimension.of[at] as Choice;
  }
  if (unit <= 0) return dimension.min; // not a rounding away from it
  if (unit >= 1) return dimension.max;
  const [low, high] = ends(dimension);
  const at = low + unit * (high - low);
  const value = dimension.log ? Math.exp(at) : at;
  const near = dimension.kind === 'int' ? Math.round(value) : value;
  return Math.min(dimension.max, Math.max(dimension.min, near));
}

/** A point of chance: uniform in the unit cube. */
export function anyPoint<S extends Space>(space: S, prng: Prng): Point<S> {
  return pointOf(space, () => prng.float());
}

/** The point whose every dimension is at `unit(dimension's place)`. */
export function pointOf<S extends Space>(space: S, unit: (at: number) => number): Point<S> {
  const entries = Object.entries(space).map(([name, of], at) => [name, fromUnit(of, unit(at))]);
  return Object.fromEntries(entries) as Point<S>;
}

/** Ends of the scale that values are spread on evenly. */
function ends(dimension: Exclude<Dimension, { kind: 'choice' }>): [number, number] {
  const half = dimension.kind === 'int' ? 0.5 : 0;
  const low = dimension.min - half;
  const high = dimension.max + half;
  return dimension.log ? [Math.log(low), Math.log(high)] : [low, high];
}
