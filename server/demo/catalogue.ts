import { Prng } from '../core/prng.ts';
import type { Item } from '../store/store.ts';
import {
  BRANDS, CATEGORY_WORDS, COLOURS, type Brand, type CategoryWords, type Style,
} from './words.ts';

/** An item with what only the simulator knows of it. */
export interface DemoItem extends Item {
  readonly price: number;
  readonly picture: string; // for `pictureSvg`
  readonly category: number; // place in CATEGORY_WORDS
  readonly brand: string;
  readonly style: Style;
  /** Logarithm of how much it is looked for, within its category; mean 0. */
  readonly appeal: number;
}

/** The seed of the demo store everyone sees; the shipped models know its items. */
export const DEMO_SEED = 20;

const ITEMS_PER_CATEGORY = 50;
const APPEAL_SPREAD = 1.35; // standard deviation; gives the popularity skew in README.md
const OUT_OF_STOCK = 0.04;

/** The demo shop's items, category by category. The same seed gives the same items. */
export function makeCatalogue(seed: number = DEMO_SEED): DemoItem[] {
  const prng = new Prng(seed);
  return CATEGORY_WORDS.flatMap((words, category) => {
    const titles = new Set<string>();
    return Array.from({ length: ITEMS_PER_CATEGORY }, (_, at) =>
      makeItem(prng, words, category, at, titles));
  });
}

function makeItem(
  prng: Prng, words: CategoryWords, category: number, at: number, titles: Set<string>,
): DemoItem {
  const brands = BRANDS.filter((brand) => brand.departments.includes(words.department));
  for (;;) {
    const brand = prng.pick(brands);
    const kind = prng.below(words.kinds.length);
    const line = prng.pick(words.lines);
    const colour = prng.below(COLOURS.length);
    const { name, warm } = COLOURS[colour]!;
    const title = `${brand.name} ${line} ${words.kinds[kind]}, ${name}`;
    if (titles.has(title)) continue;
    titles.add(title);
    return {
      id: `${words.id}-${String(at + 1).padStart(3, '0')}`,
      title,
      categories: [words.department, words.name],
      price: askedPrice(words.price * brand.tier * Math.exp(0.25 * prng.normal())),
      inStock: prng.float() >= OUT_OF_STOCK,
      picture: `${words.id}/${kind}/${colour}/${prng.below(1000)}`,
      category,
      brand: brand.name,
      style: itemStyle(prng, brand, warm),
      appeal: APPEAL_SPREAD * prng.normal(),
    };
  }
}

/** Prices as shops write them: 7.50, 18.90, 129. */
function askedPrice(price: number): number {
  if (price < 10) return Math.max(2.5, Math.round(price * 2) / 2);
  if (price < 50) return Math.floor(price) + 0.9;
  return Math.round(price);
}

function itemStyle(prng: Prng, brand: Brand, warm: number): Style {
  const [ornate, brandWarm, playful, outdoors] = brand.style;
  const near = (value: number): number => value + 0.35 * prng.normal();
  return [near(ornate), near(0.6 * brandWarm + 0.9 * warm), near(playful), near(outdoors)];
}
