import { Prng } from '../../server/core/prng.ts';
import { chancesOf, placeOf, type CutPower } from './laws/cut-power.ts';
import type { Steps } from './profile.ts';

const RETRIES = 8; // draws for an item that the visit has not seen

/**
 * The items of a shop on a circle of circumference 1. Each has an arc as long as its share of all views, in
 * pieces no longer than a few average items, shuffled: what lies near a point is of one kind, and what is
 * viewed most lies in many places. A step of any length to either side, and a jump to anywhere, both leave
 * each item its share: popularity holds whatever visits do. 12 bytes a piece, one to one and a half an item.
 */
export class Circle {
  readonly #upTo: Float64Array;
  readonly #items: Uint32Array;

  constructor(popularity: CutPower, seed: number) {
    const chances = chancesOf(popularity);
    const widest = 2 / chances.length;
    let count = 0;
    for (const chance of chances) count += Math.ceil(chance / widest) || 1;
    this.#items = new Uint32Array(count);
    let at = 0;
    chances.forEach((chance, i) => {
      for (let piece = Math.ceil(chance / widest) || 1; piece > 0; piece -= 1) this.#items[at++] = i + popularity.from;
    });
    shuffle(this.#items, new Prng(seed));
    this.#upTo = new Float64Array(count);
    let sum = 0;
    this.#items.forEach((item, i) => {
      const chance = chances[item - popularity.from] as number;
      this.#upTo[i] = sum += chance / (Math.ceil(chance / widest) || 1);
    });
  }

  /** The item at a point: its rank. */
  at(point: number): number {
    return this.#items[placeOf(this.#upTo, point * (this.#upTo.at(-1) as number))] as number;
  }
}

/** The items of one visit: `length` views. */
export function walk(prng: Prng, circle: Circle, steps: Steps, length: number): number[] {
  const first = prng.float();
  const [items, points] = [[circle.at(first)], [first]];
  while (items.length < length) {
    const last = items.length - 1;
    let chance = prng.float();
    if ((chance -= steps.again) < 0) {
      items.push(items[last] as number);
      points.push(points[last] as number);
      continue;
    }
    const others = items.flatMap((item, i) => (item === items[last] ? [] : [i]));
    if (others.length > 0 && (chance -= steps.back) < 0) {
      const to = prng.pick(others);
      items.push(items[to] as number);
      points.push(points[to] as number);
      continue;
    }
    const near = prng.float() < steps.near / Math.max(1e-9, 1 - steps.again - steps.back);
    let [point, item] = [0, 0];
    for (let tries = 0; tries < RETRIES; tries += 1) {
      point = near ? besides(prng, points[last] as number, steps.reach * 2 ** tries) : prng.float();
      item = circle.at(point);
      if (!items.includes(item)) break;
    }
    items.push(item);
    points.push(point);
  }
  return items;
}

/** A point to either side, `reach` away on average. */
function besides(prng: Prng, point: number, reach: number): number {
  const away = -Math.log(1 - prng.float()) * reach * (prng.float() < 0.5 ? 1 : -1);
  return (((point + away) % 1) + 1) % 1;
}

function shuffle(list: Uint32Array, prng: Prng): void {
  for (let i = list.length - 1; i > 0; i -= 1) {
    const j = prng.below(i + 1);
    [list[i], list[j]] = [list[j] as number, list[i] as number];
  }
}
