import type { Summary } from './summary.ts';

/** What a feature speaks of. Reports group by it. */
export const FAMILIES = [
  'recency', 'frequency', 'monetary', 'timing', 'basket', 'visits', 'price', 'calendar', 'place',
] as const;
export type Family = (typeof FAMILIES)[number];

/**
 * One number that models may see of a customer at a moment. `of` is pure: the same history and moment
 * give the same bits. It gives NaN where the feature is missing, and never an infinity.
 */
export interface Feature {
  readonly name: string;
  readonly family: Family;
  readonly unit: string; // 'days', 'currency', 'share', 'count' …
  readonly range: readonly [number, number]; // what lies outside is brought to its end
  /** When it is missing, and so NaN; absent: never. */
  readonly missing?: string;
  /** How networks and linear models want it: `prepare.ts`. Trees take it as it is. */
  readonly scale: 'log' | 'plain' | 'category';
  readonly categories?: readonly string[]; // of a `category`: the value is a place in it
  readonly en: string;
  readonly zh: string;
  readonly of: (summary: Summary) => number;
}

type Words = Pick<Feature, 'en' | 'zh'> & { readonly missing?: string };

/** Features of one family, one a line: name, unit, least, most, scale, words, what it is. */
export function family(name: Family) {
  return (
    feature: string, unit: string, range: readonly [number, number], scale: Feature['scale'],
    words: Words, of: Feature['of'], categories?: readonly string[],
  ): Feature => ({
    name: feature, family: name, unit, range, scale, ...words, of, ...(categories && { categories }),
  });
}

/** `part` of `whole`; NaN where there is no whole. */
export function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : NaN;
}
