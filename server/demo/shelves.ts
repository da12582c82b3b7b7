import type { DemoItem } from './catalogue.ts';
import { CATEGORY_WORDS } from './words.ts';

/** The shop as a visitor walks it: items by their place in the catalogue. */
export interface Shelves {
  readonly catalogue: readonly DemoItem[];
  /** Places of each category's items. */
  readonly byCategory: readonly (readonly number[])[];
  /** For each item, what its page shows: like ones of its category, then what goes with it. */
  readonly related: readonly (readonly number[])[];
}

const RELATED_LIKE = 8;
const RELATED_ALONG = 4;

export function arrangeShelves(catalogue: readonly DemoItem[]): Shelves {
  const byCategory = CATEGORY_WORDS.map((_, category) =>
    catalogue.flatMap((item, place) => (item.category === category ? [place] : [])));
  const related = catalogue.map((item, place) => {
    const along = CATEGORY_WORDS[item.category]!.goesWith.flatMap((id) =>
      byCategory[CATEGORY_WORDS.findIndex((words) => words.id === id)] ?? []);
    return [
      ...nearest(catalogue, place, byCategory[item.category] ?? [], RELATED_LIKE),
      ...nearest(catalogue, place, along, RELATED_ALONG),
    ];
  });
  return { catalogue, byCategory, related };
}

/** The `count` candidates most like the item at `place`, by style and price. */
function nearest(
  catalogue: readonly DemoItem[], place: number, candidates: readonly number[], count: number,
): number[] {
  const item = catalogue[place]!;
  return candidates
    .filter((candidate) => candidate !== place)
    .map((candidate) => ({ candidate, distance: unlikeness(item, catalogue[candidate]!) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ candidate }) => candidate);
}

function unlikeness(a: DemoItem, b: DemoItem): number {
  let sum = 0.5 * Math.log(a.price / b.price) ** 2;
  a.style.forEach((value, axis) => { sum += (value - (b.style[axis] as number)) ** 2; });
  return sum;
}
